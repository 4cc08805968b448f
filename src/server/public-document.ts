import type { FastifyInstance } from 'fastify';
import { SECURITY_HEADERS } from './security-headers.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the response is public: pages of any origin may read it. */
    readonly publicDocument?: true;
  }
}

/** With `*`, browsers never expose the response to a request with credentials (Fetch §3.3.5). */
const PUBLIC_HEADERS: Readonly<Record<string, string>> = {
  ...SECURITY_HEADERS,
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
};

const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-max-age': '3600',
  vary: 'access-control-request-headers',
};

/** A list of header names (RFC 9110 §5.1, §5.6.1). */
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~, -]+$/;

/**
 * Lets pages of every origin read the routes whose config says `publicDocument`, whatever `CORS_ORIGINS`
 * says.
 */
export function sharePublicDocuments(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (route.config?.publicDocument !== true || route.method === 'OPTIONS') return;
    // With `cors: false`, the plug-in for CORS_ORIGINS ignores the route.
    const config = { ...route.config, cors: false, securityHeaders: PUBLIC_HEADERS };
    route.config = config;
    // Fastify adds HEAD to each GET by itself, as a route of its own.
    if (route.method !== 'GET') return;
    fastify.options(route.url, { config }, (request, reply) => {
      const names = request.headers['access-control-request-headers'];
      // In browsers, `*` allows every name but Authorization: the requested names are listed.
      const allowed = names !== undefined && HEADER_NAMES.test(names) ? names : '*';
      return reply
        .code(204)
        .headers(PREFLIGHT_HEADERS)
        .header('access-control-allow-headers', allowed)
        .send();
    });
  });
}
