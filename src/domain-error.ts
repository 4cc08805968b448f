import { ChangeRefused } from './clients/change-refused.js';
import { RotationIncomplete } from './keys/key-administration.js';
import { ApiError, unavailable } from './server/api-error.js';
import { StoreUnavailable } from './sync/record-store.js';

const CHANGE_STATUS = { invalid_request: 400, not_found: 404, conflict: 409 } as const;

/**
 * Maps the errors of `clients`, `issuers`, `keys` and `sync` to HTTP errors.
 *
 * @returns the HTTP error; any other exception unchanged
 */
export function domainError(exception: unknown): unknown {
  if (exception instanceof ChangeRefused) {
    return new ApiError(CHANGE_STATUS[exception.code], exception.code, exception.message);
  }
  if (exception instanceof RotationIncomplete) return unavailable(exception.message);
  return exception instanceof StoreUnavailable
    ? unavailable('The database does not respond; nothing has changed')
    : exception;
}
