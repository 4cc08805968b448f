import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { ApiError } from '../http/api-error.js';
import {
  malformedJson,
  MAX_BODY_BYTES,
  parseJsonBody,
  refuseContentEncoding,
  unsupportedType,
} from '../http/json-body.js';

/** A body as it came, and what it says. */
export interface JsonBody {
  /** `undefined` where there is no body. */
  readonly value: unknown;
  readonly bytes: Buffer;
}

/**
 * Refuses what need not be read.
 *
 * @throws {ApiError} 405, 413 or 415
 */
export function checkHead({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): void {
  refuseContentEncoding(headers['content-encoding']);
  if (method !== 'POST') throw new ApiError(405, 'method_not_allowed', 'Use POST', {}, { allow: 'POST' });
  const type = headers['content-type'];
  if (type === undefined ? hasBody(headers) : mediaType(type) !== 'application/json') {
    throw unsupportedType('application/json');
  }
  if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
}

/**
 * Reads the body of a request whose head was checked.
 *
 * @throws {ApiError} 400 or 413
 */
export async function readJson(headers: IncomingHttpHeaders, stream: Readable): Promise<JsonBody> {
  const bytes = await readBytes(stream);
  if (bytes.length === 0 && headers['content-type'] === undefined) return { value: undefined, bytes };
  const value = parseJsonBody(bytes);
  if (value === undefined) throw malformedJson();
  return { value, bytes };
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function mediaType(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** The rest of the body is not read, so the connection cannot be used again. */
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
