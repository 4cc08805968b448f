import type { FastifyInstance, HTTPMethods } from 'fastify';
import { ApiError } from './api-error.js';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Collects the methods of each URL: those of all routes that match it, with parameters or without.
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
    const collected = [...methodsByUrl];
    for (const [url] of collected) {
      if (url.includes('*')) continue;
      // A refusal of this URL would come before the routes whose pattern only matches it.
      const matching = collected.filter(([pattern]) => includes(pattern, url));
      const allowed = new Set(matching.flatMap(([, methods]) => [...methods]));
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

/** Whether a URL pattern has every path of another: `/a/:id` has those of `/a/:name` and the path `/a/b`. */
function includes(pattern: string, url: string): boolean {
  const segments = url.split('/');
  const own = pattern.split('/');
  return (
    own.length === segments.length &&
    own.every((segment, index) => segment === segments[index] || segment.startsWith(':'))
  );
}
