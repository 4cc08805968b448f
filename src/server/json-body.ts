import { decodeUtf8, isJsonObject, parseStrictJson } from '../encoding/strict-json.js';
import { ApiError } from './api-error.js';

/** The largest body that is read, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;

/** The byte order mark of UTF-8, which some programs put before their output. */
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Texts that may contain the name `constructor`, which can also be written with escapes. */
const MAY_REACH_PROTOTYPE = /constructor|\\/;

/** @returns the value; `undefined` if the bytes are not unambiguous JSON */
export function parseJsonBody(bytes: Uint8Array): unknown {
  const text = decodeUtf8(withoutMark(bytes));
  if (text === undefined) return undefined;
  const value = parseStrictJson(text);
  return MAY_REACH_PROTOTYPE.test(text) && reachesPrototype(value) ? undefined : value;
}

/** A parser may ignore the mark (RFC 8259 §8.1); those of Python and .NET do. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  const { length } = BYTE_ORDER_MARK;
  return BYTE_ORDER_MARK.equals(bytes.subarray(0, length)) ? bytes.subarray(length) : bytes;
}

/** The error for a body that is not unambiguous JSON. */
export function malformedJson(): ApiError {
  return new ApiError(400, 'invalid_request', 'Malformed JSON');
}

/**
 * The error for a body of another media type.
 *
 * @param wanted the media type that the route reads
 */
export function unsupportedType(wanted: string): ApiError {
  return new ApiError(415, 'unsupported_media_type', `Send the body as ${wanted}`);
}

/** Rejects compressed bodies, whose decompressed size cannot be checked in advance. */
export function refuseContentEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new ApiError(415, 'unsupported_media_type', 'Send the body without a Content-Encoding');
}

/**
 * Whether a value contains a `constructor.prototype` at any depth: like `__proto__`, it can poison a
 * prototype.
 */
function reachesPrototype(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(reachesPrototype);
  if (!isJsonObject(value)) return false;
  const { constructor } = value;
  if (
    Object.hasOwn(value, 'constructor') &&
    isJsonObject(constructor) &&
    Object.hasOwn(constructor, 'prototype')
  ) {
    return true;
  }
  return Object.values(value).some(reachesPrototype);
}
