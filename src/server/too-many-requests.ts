import { ApiError } from './api-error.js';

/** @param seconds after which it may be tried again */
export function tooManyRequests(seconds: number): ApiError {
  const headers = { 'retry-after': String(seconds) };
  return new ApiError(429, 'too_many_requests', `Try again in ${seconds} seconds`, {}, headers);
}
