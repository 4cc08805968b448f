import { ApiError } from './api-error.js';

/** Seconds: who comes back then finds out soon, and does not crowd. */
const RETRY_AFTER = 5;

/** What cannot be done now and can be tried again (RFC 9110 §15.6.4 and §10.2.3). */
export function unavailable(message: string): ApiError {
  return new ApiError(503, 'unavailable', message, {}, { 'retry-after': String(RETRY_AFTER) });
}
