import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error.js';

/**
 * Headers that a request may have at most once (RFC 9110 §5.3). Node keeps the first; a proxy in front may
 * have read the last.
 */
const SINGLE = ['Host', 'Authorization', 'Content-Type'] as const;

/**
 * Rejects a request that repeats a header which decides who the caller is or how the request is read.
 *
 * @param rawHeaders names and values alternating, as received
 * @throws {ApiError} 400
 */
export function refuseRepeatedHeaders(rawHeaders: readonly string[]): void {
  let seen = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const bit = bitOf(rawHeaders[i] ?? '');
    if ((seen & bit) !== 0) {
      const name = SINGLE[Math.log2(bit)];
      throw new ApiError(400, 'invalid_request', `Send one ${name} header`);
    }
    seen |= bit;
  }
}

/**
 * Rejects a request of HTTP/1.1 without a Host header (RFC 9112 §3.2).
 *
 * @throws {ApiError} 400
 */
export function refuseMissingHost({
  headers,
  httpVersion,
}: Pick<IncomingMessage, 'headers' | 'httpVersion'>): void {
  if (headers.host === undefined && httpVersion !== '1.0') {
    throw new ApiError(400, 'invalid_request', 'Send a Host header');
  }
}

/**
 * The bit of a header in {@link SINGLE}; 0 for any other. This runs for each header of each request: the
 * length distinguishes most names, and the two usual spellings need no copy in lower case.
 */
function bitOf(name: string): number {
  switch (name.length) {
    case 4:
      return name === 'Host' || name === 'host' || name.toLowerCase() === 'host' ? 1 : 0;
    case 13:
      return name.toLowerCase() === 'authorization' ? 2 : 0;
    case 12:
      return name === 'Content-Type' || name === 'content-type' || name.toLowerCase() === 'content-type'
        ? 4
        : 0;
    default:
      return 0;
  }
}
