import type { FastifyInstance } from 'fastify';
import { decodeUtf8, isJsonObject, parseStrictJson } from '../jwt/strict-json.js';
import { ApiError } from './api-error.js';
import { parseForm } from './form-body.js';

/** The largest body that is read, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route reads forms, and only forms; without it, it reads JSON, and only JSON. */
    readonly form?: true;
  }
}

/** Replaces Fastify's parsers by ones that refuse what two readers could read differently. */
export function useStrictBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer' },
    (request, bytes, done) => {
      if (request.routeOptions.config.form) {
        done(unsupported('application/x-www-form-urlencoded'));
        return;
      }
      if (request.method !== 'PATCH' && request.headers['content-type']?.includes('merge-patch')) {
        done(unsupported('application/json'));
        return;
      }
      const value = parseBody(bytes);
      if (value === undefined) done(new ApiError(400, 'invalid_request', 'Malformed JSON'));
      else done(null, value);
    },
  );
  fastify.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (request, bytes, done) => {
      if (!request.routeOptions.config.form) {
        done(unsupported('application/json'));
        return;
      }
      const form = parseForm(bytes);
      if (form === undefined) done(new ApiError(400, 'invalid_request', 'Malformed form'));
      else done(null, form);
    },
  );
}

function unsupported(wanted: string): ApiError {
  return new ApiError(415, 'unsupported_media_type', `Send the body as ${wanted}`);
}

/** A body is read only as it is: what a decompressed one may hold has no bound that could be checked first. */
export function refuseContentEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new ApiError(415, 'unsupported_media_type', 'Send the body without a Content-Encoding');
}

function parseBody(bytes: Buffer): unknown {
  const text = decodeUtf8(bytes);
  const value = text === undefined ? undefined : parseStrictJson(text);
  return reachesPrototype(value) ? undefined : value;
}

/** Whether a `constructor.prototype` is in it somewhere: the other way, beside `__proto__`, to poison a prototype. */
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
