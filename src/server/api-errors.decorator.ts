import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ApiError, type HttpError, tooManyRequests, unavailable } from './api-error.js';
import { ErrorDto } from './dto/error.dto.js';

type SharedStatus = 413 | 415 | 429 | 500 | 503;

/** The errors that routes share, with their descriptions. */
const SHARED: Readonly<Record<SharedStatus, readonly [description: string, error: HttpError]>> = {
  413: [
    'The body is larger than 64 KiB',
    new ApiError(413, 'payload_too_large', 'The body is larger than 64 KiB'),
  ],
  415: [
    'The body is not sent as application/json, or is compressed',
    new ApiError(415, 'unsupported_media_type', 'Send the body as application/json'),
  ],
  429: [
    'Too many requests, or too many failed authentications; `Retry-After` says when to try again',
    tooManyRequests(42),
  ],
  500: [
    'Unexpected error; the log of the service has the cause',
    new ApiError(500, 'internal_error', 'Internal error'),
  ],
  503: [
    'A part that the service needs is unavailable; `error` says whether anything has changed',
    unavailable('The database does not respond; nothing has changed'),
  ],
};

/** A decorator of a route, or of all routes of a controller. */
type Documentation = MethodDecorator & ClassDecorator;

/**
 * Documents one error of a route with an example of its body. All errors share a schema, which can have only
 * one example.
 *
 * @param error the example
 * @param dto the class of the body
 */
export function ApiErrorResponse(
  description: string,
  { status, body }: HttpError,
  dto: new () => object = ErrorDto,
): Documentation {
  // An error is JSON, whatever else the route produces.
  const content = { 'application/json': { schema: { $ref: getSchemaPath(dto) }, example: body } };
  return applyDecorators(ApiExtraModels(dto), ApiResponse({ status, description, content }));
}

/** Documents the errors that a route shares with others. */
export function ApiErrors(...statuses: SharedStatus[]): Documentation {
  return applyDecorators(...statuses.map((status) => ApiErrorResponse(...SHARED[status])));
}
