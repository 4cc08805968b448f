import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ErrorDocument } from './error.document.js';

const DESCRIPTIONS = {
  413: 'The body is larger than 64 KiB',
  415: 'The body is not sent as application/json, or is compressed',
  429: 'Too many attempts, or too many that failed; `Retry-After` says when another may be made',
  500: 'Something that should not happen; the log of the service has the cause',
  503: 'Not now: something that the service needs does not answer',
} as const;

/** Said as JSON, whatever else the route produces. */
const CONTENT = { 'application/json': { schema: { $ref: getSchemaPath(ErrorDocument) } } };

/** Documents the errors that a route shares with others. */
export function ApiErrors(...statuses: (keyof typeof DESCRIPTIONS)[]): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ErrorDocument),
    ...statuses.map((status) => ApiResponse({ status, description: DESCRIPTIONS[status], content: CONTENT })),
  );
}
