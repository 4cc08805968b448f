import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiOAuth2, ApiTags } from '@nestjs/swagger';
import { ApiError } from '../server/api-error.js';
import { ApiErrorResponse, ApiErrors } from '../server/api-errors.decorator.js';

/** The scope that the administration API requires. */
export const ADMIN_SCOPE = 'identity:admin';

/**
 * Documents a controller as part of the administration API: tag, security schemes, and the errors of all
 * routes.
 */
export function AdminRoute(): ClassDecorator {
  return applyDecorators(
    ApiTags('Administration'),
    ApiBearerAuth(),
    ApiOAuth2([ADMIN_SCOPE]),
    ApiInvalidRequest('The request could not be read'),
    ApiErrorResponse(
      'No bearer token, or one that is not valid here',
      new ApiError(401, 'missing_token', 'Send a bearer token'),
    ),
    ApiErrorResponse(
      `The scope ${ADMIN_SCOPE} is missing`,
      new ApiError(403, 'insufficient_scope', `The scope ${ADMIN_SCOPE} is needed`),
    ),
    ApiErrors(413, 415, 429, 500, 503),
  );
}

/** @param message an example of the error message */
export const ApiInvalidRequest = (message: string): MethodDecorator & ClassDecorator =>
  ApiErrorResponse('A field is invalid; `error` names it', new ApiError(400, 'invalid_request', message));

/** @param message an example of the error message */
export const ApiNotFound = (description: string, message: string): MethodDecorator =>
  ApiErrorResponse(description, new ApiError(404, 'not_found', message));

/** @param message an example of the error message */
export const ApiConflict = (description: string, message: string): MethodDecorator =>
  ApiErrorResponse(description, new ApiError(409, 'conflict', message));
