import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.js';
import { parseForm } from '../encoding/form-urlencoded.js';
import { malformedJson, parseJsonBody, refuseContentEncoding, unsupportedType } from './json-body.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route reads forms, and only forms; without it, it reads JSON, and only JSON. */
    readonly form?: true;
  }
}

const JSON_TYPE = 'application/json';
const MERGE_PATCH_TYPE = 'application/merge-patch+json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** `type/subtype`, then any parameters (RFC 9110 §8.3.1). */
const MEDIA_TYPE = /^[ \t]*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+[ \t]*(?:;|$)/;

/**
 * Replaces Fastify's parsers by stricter ones: a body that two parsers could read differently is rejected.
 */
export function useBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const parse = (
    type: string | string[],
    read: (request: FastifyRequest, bytes: Buffer) => unknown,
  ): void => {
    fastify.addContentTypeParser<Buffer>(type, { parseAs: 'buffer' }, (request, bytes, done) => {
      // An empty body counts as none, whatever its type (RFC 9110 §6.4). Without a route, nothing reads the
      // body.
      done(null, bytes.length === 0 || request.is404 ? undefined : read(request, bytes));
    });
  };
  parse([JSON_TYPE, MERGE_PATCH_TYPE], readJson);
  parse(FORM_TYPE, readForm);
  parse('*', (request) => {
    throw unsupportedType(typeFor(request));
  });
}

/**
 * Removes the Content-Type of a request without a body, and one that is not a media type, before Fastify
 * reads it. Neither says anything about a body.
 */
export function ignoreTypeOfEmptyBody(headers: IncomingHttpHeaders): void {
  const type = headers['content-type'];
  if (type === undefined) return;
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  const isEmpty = encoding === undefined && (length === undefined || Number(length) === 0);
  const isMediaType = type === JSON_TYPE || type === FORM_TYPE || MEDIA_TYPE.test(type);
  if (isEmpty || !isMediaType) delete headers['content-type'];
}

/** The media type that a route reads. */
export function typeFor({ routeOptions }: Pick<FastifyRequest, 'routeOptions'>): string {
  return routeOptions.config.form ? FORM_TYPE : JSON_TYPE;
}

function readJson(request: FastifyRequest, bytes: Buffer): unknown {
  refuseContentEncoding(request.headers['content-encoding']);
  const isForm = request.routeOptions.config.form === true;
  const isPatch = request.mediaType === MERGE_PATCH_TYPE;
  if (isForm || (isPatch && request.method !== 'PATCH')) throw unsupportedType(typeFor(request));
  const value = parseJsonBody(bytes);
  if (value === undefined) throw malformedJson();
  return value;
}

function readForm(request: FastifyRequest, bytes: Buffer): unknown {
  refuseContentEncoding(request.headers['content-encoding']);
  if (!request.routeOptions.config.form) throw unsupportedType(JSON_TYPE);
  const form = parseForm(bytes);
  if (form === undefined) throw new ApiError(400, 'invalid_request', 'Malformed form');
  return form;
}
