import { ApiError } from '../server/api-error.js';

const MAX_PAGE = 100;

/**
 * Reads from a query which page of a list is requested: `limit` entries, at most 100, that follow `after`.
 *
 * @throws {ApiError} 400 if a parameter is invalid or repeated
 */
export function readPage({ limit = String(MAX_PAGE), after = '' }: Record<string, unknown>): {
  readonly limit: number;
  readonly after: string;
} {
  const size = typeof limit === 'string' && /^\d{1,3}$/.test(limit) ? Number(limit) : 0;
  if (size < 1 || size > MAX_PAGE) {
    throw new ApiError(400, 'invalid_request', `limit must be a whole number from 1 to ${MAX_PAGE}`);
  }
  if (typeof after !== 'string') throw new ApiError(400, 'invalid_request', 'after must be given once');
  return { limit: size, after };
}
