import { applyDecorators } from '@nestjs/common';
import { ApiBasicAuth, ApiConsumes, ApiResponse, ApiTags } from '@nestjs/swagger';
import { OAuthErrorDocument } from './token.form.js';

const REFUSALS = {
  400: 'The request is refused; `error` says why',
  401: 'Client authentication failed',
  413: 'The body is larger than 64 KiB',
  429: 'Too many attempts failed; `Retry-After` says when another may be made',
  500: 'Something that should not happen; the log of the service has the cause',
  503: 'The database does not answer; nothing has changed',
} as const;

/** Documents a route as one of OAuth 2.0: a form from an authenticated client, and errors of RFC 6749 §5.2. */
export function OAuthErrors(): MethodDecorator {
  return applyDecorators(
    ApiTags('OAuth 2.0'),
    ApiBasicAuth(),
    ApiConsumes('application/x-www-form-urlencoded'),
    ...Object.entries(REFUSALS).map(([status, description]) =>
      ApiResponse({ status: Number(status), description, type: OAuthErrorDocument }),
    ),
  );
}
