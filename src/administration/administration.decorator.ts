import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiOAuth2, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ErrorDocument } from '../http/error.document.js';
import { ADMINISTRATION_SCOPE } from './administration-options.js';

const REFUSALS = {
  400: 'A member is wrong; `error` names it',
  401: 'No bearer token, or one that is not good here',
  403: `The scope ${ADMINISTRATION_SCOPE} is missing`,
  413: 'The body is larger than 64 KiB',
  415: 'The body is not sent as application/json, or is compressed',
  429: 'Too many requests; `Retry-After` says when another may be made',
  500: 'Something that should not happen; the log of the service has the cause',
  503: 'The database does not answer; `error` says whether anything has changed',
} as const;

/** Documents a controller as one of the administration. */
export function Administration(): ClassDecorator {
  return applyDecorators(
    ApiTags('Administration'),
    ApiBearerAuth(),
    ApiOAuth2([ADMINISTRATION_SCOPE]),
    ...Object.entries(REFUSALS).map(([status, description]) =>
      ApiResponse({ status: Number(status), description, type: ErrorDocument }),
    ),
  );
}
