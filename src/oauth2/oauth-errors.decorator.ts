import { applyDecorators } from '@nestjs/common';
import { ApiBasicAuth, ApiConsumes, ApiTags } from '@nestjs/swagger';
import { ApiErrorResponse } from '../server/api-errors.decorator.js';
import { OAuthError } from './oauth-error.js';
import { OAuthErrorDto } from './dto/access-token.dto.js';

const REFUSALS: readonly (readonly [description: string, error: OAuthError])[] = [
  ['Client authentication failed', new OAuthError('invalid_client', 'Client authentication failed')],
  [
    'The body is larger than 64 KiB',
    new OAuthError('invalid_request', 'The body is larger than 64 KiB', { status: 413 }),
  ],
  [
    'Too many attempts failed; `Retry-After` says when another may be made',
    new OAuthError('too_many_requests', 'Try again in 42 seconds'),
  ],
  [
    'Something that should not happen; the log of the service has the cause',
    new OAuthError('server_error', 'Internal error'),
  ],
  [
    'The database does not respond; nothing has changed',
    new OAuthError('temporarily_unavailable', 'The database does not respond; nothing has changed'),
  ],
];

/**
 * Documents a route as one of OAuth 2.0: a form from an authenticated client, and errors of RFC 6749 §5.2.
 *
 * @param refusal an example of an error that is specific to the route
 */
export function OAuthErrors(refusal: OAuthError): MethodDecorator {
  return applyDecorators(
    ApiTags('OAuth 2.0'),
    ApiBasicAuth(),
    ApiConsumes('application/x-www-form-urlencoded'),
    ...[['The request is refused; `error` says why', refusal] as const, ...REFUSALS].map(
      ([description, error]) => ApiErrorResponse(description, error, OAuthErrorDto),
    ),
  );
}
