import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { ApiError } from '../../server/api-error.js';
import {
  malformedJson,
  MAX_BODY_BYTES,
  parseJsonBody,
  refuseContentEncoding,
  unsupportedType,
} from '../../server/json-body.js';
import { refuseRepeatedHeaders } from '../../server/repeated-headers.js';

/** A body as received, and its value. */
export interface JsonBody {
  /** `undefined` if there is no body. */
  readonly value: unknown;
  readonly bytes: Buffer;
}

/** The head of a request of `node:http`. */
export type RequestHead = Pick<IncomingMessage, 'method' | 'headers' | 'rawHeaders'>;

/**
 * Rejects a request by its head, before the body is read.
 *
 * @throws {ApiError} 400, 405, 413 or 415
 */
export function checkHead({ method, headers, rawHeaders }: RequestHead): void {
  refuseRepeatedHeaders(rawHeaders);
  if (method !== 'POST')
    throw new ApiError(405, 'method_not_allowed', 'Method not allowed; allowed: POST', {}, { allow: 'POST' });
  const length = Number(headers['content-length'] ?? 0);
  if (length > 0) checkType(headers);
  if (length > MAX_BODY_BYTES) throw tooLarge();
}

/**
 * Reads the body of a request whose head was checked.
 *
 * @throws {ApiError} 400, 413 or 415
 */
export async function readJson(headers: IncomingHttpHeaders, stream: Readable): Promise<JsonBody> {
  const bytes = await readBytes(stream);
  // An empty body is no body, whatever its type (RFC 9110 §6.4).
  if (bytes.length === 0) return { value: undefined, bytes };
  checkType(headers);
  const value = parseJsonBody(bytes);
  if (value === undefined) throw malformedJson();
  return { value, bytes };
}

function checkType(headers: IncomingHttpHeaders): void {
  refuseContentEncoding(headers['content-encoding']);
  if (mediaType(headers['content-type'] ?? '') !== 'application/json') {
    throw unsupportedType('application/json');
  }
}

function mediaType(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** The error for a body over the limit. The rest of the body is not read, so the connection must close. */
function tooLarge(): ApiError {
  return new ApiError(
    413,
    'payload_too_large',
    'The body is larger than 64 KiB',
    {},
    { connection: 'close' },
  );
}

function readBytes(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (settled: () => void): void => {
      stream.off('data', read).off('end', end).off('error', fail).off('close', fail);
      settled();
    };
    const end = (): void => settle(() => resolve(Buffer.concat(chunks)));
    const fail = (): void =>
      settle(() => reject(new ApiError(400, 'invalid_request', 'The request could not be read')));
    const read = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else settle(() => reject(tooLarge()));
    };
    stream.on('data', read).on('end', end).on('error', fail).on('close', fail);
  });
}
