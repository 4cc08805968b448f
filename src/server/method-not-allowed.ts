import type { FastifyInstance, HTTPMethods } from 'fastify';
import { ApiError } from './api-error.js';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Collects the methods of each URL.
 *
 * @returns a function to call once all routes exist: the other methods of these URLs then get 405 with
 *   `Allow` (RFC 9110 §15.5.6) instead of 404
 */
export function collectMethods(fastify: FastifyInstance): () => void {
  const methodsByUrl = new Map<string, Set<string>>();
  fastify.addHook('onRoute', ({ url, method, config }) => {
    if (config?.closed) return;
    const methods = methodsByUrl.get(url) ?? new Set();
    for (const name of Array.isArray(method) ? method : [method]) methods.add(name);
    methodsByUrl.set(url, methods);
  });
  return () => {
    for (const [url, allowed] of [...methodsByUrl]) {
      if (url.includes('*')) continue;
      const others = METHODS.filter((method) => !allowed.has(method));
      // OPTIONS serves the preflights of browsers, and is not a method of the resource itself.
      const allow = [...allowed]
        .filter((method) => method !== 'OPTIONS')
        .sort()
        .join(', ');
      // Refuses before the body is read, whatever it is.
      const refuse = (): never => {
        throw new ApiError(405, 'method_not_allowed', `Method not allowed; allowed: ${allow}`, {}, { allow });
      };
      if (others.length > 0) fastify.route({ method: others, url, onRequest: refuse, handler: refuse });
    }
  };
}
