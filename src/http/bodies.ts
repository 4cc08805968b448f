import type { FastifyInstance } from 'fastify';
import { ApiError } from './api-error.js';
import { parseForm } from './form-body.js';
import { malformedJson, parseJsonBody, unsupportedType } from './json-body.js';

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
        done(unsupportedType('application/x-www-form-urlencoded'));
        return;
      }
      if (request.method !== 'PATCH' && request.headers['content-type']?.includes('merge-patch')) {
        done(unsupportedType('application/json'));
        return;
      }
      const value = parseJsonBody(bytes);
      if (value === undefined) done(malformedJson());
      else done(null, value);
    },
  );
  fastify.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (request, bytes, done) => {
      if (!request.routeOptions.config.form) {
        done(unsupportedType('application/json'));
        return;
      }
      const form = parseForm(bytes);
      if (form === undefined) done(new ApiError(400, 'invalid_request', 'Malformed form'));
      else done(null, form);
    },
  );
}
