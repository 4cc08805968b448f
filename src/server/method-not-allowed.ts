import type { FastifyInstance, HTTPMethods } from 'fastify';
import { ApiError } from './api-error.js';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Watches which methods each address gets, and returns a function that, called once all routes are there, answers
 * the other methods of the same addresses with 405 and `Allow` (RFC 9110 §15.5.6) instead of 404.
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
      // OPTIONS answers the preflights of browsers, and is no method of the resource itself.
      const allow = [...allowed]
        .filter((method) => method !== 'OPTIONS')
        .sort()
        .join(', ');
      // Refused before the body is read: it does not matter what it would have been.
      const refuse = (): never => {
        throw new ApiError(405, 'method_not_allowed', `Use ${allow}`, {}, { allow });
      };
      if (others.length > 0) fastify.route({ method: others, url, onRequest: refuse, handler: refuse });
    }
  };
}
