import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ErrorDocument } from './error.document.js';

const DESCRIPTIONS = {
  413: 'The body is larger than 64 KiB',
  415: 'The body is not sent as application/json, or is compressed',
  429: 'Too many attempts failed; `Retry-After` says when another may be made',
  500: 'Something that should not happen; the log of the service has the cause',
  503: 'Not now: something that the service needs does not answer',
} as const;

/** Documents the errors that a route shares with others. */
export function ApiErrors(...statuses: (keyof typeof DESCRIPTIONS)[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map((status) =>
      ApiResponse({ status, description: DESCRIPTIONS[status], type: ErrorDocument }),
    ),
  );
}
