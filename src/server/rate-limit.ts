import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../clock.js';
import { networkOf } from '../rate-limit/network-of.js';
import type { WindowCount, WindowCounter } from '../rate-limit/window-counter.js';
import { tooManyRequests } from './too-many-requests.js';

/** The routes that issue, verify or authenticate, under the base path. */
const LIMITED = /^\/(token|verify|oauth2\/\w+|admin(\/.*)?)$/;

/** What {@link limitRequests} takes. */
export interface RateLimitOptions {
  /** Requests of one address within the window of the counter. */
  readonly max: number;
  readonly counter: WindowCounter;
  readonly clock: Clock;
  readonly basePath: string;
}

/**
 * Rejects requests of an IP address over its limit, before anything else. The plugin makes the headers;
 * the counter is ours, as its own stops counting while Redis is unavailable.
 */
export async function limitRequests(
  fastify: FastifyInstance,
  { max, counter, clock, basePath }: RateLimitOptions,
): Promise<void> {
  class Store {
    incr(key: string, done: (error: Error | null, result?: { current: number; ttl: number }) => void): void {
      const answer = ({ count, until }: WindowCount): void =>
        done(null, { current: count, ttl: Math.max(0, until - clock.now()) });
      const count = counter.add(key);
      if (count instanceof Promise) count.then(answer, (error: unknown) => done(error as Error));
      else answer(count);
    }

    /** One count for all routes together. */
    child(): this {
      return this;
    }
  }
  fastify.addHook('onRoute', (route) => {
    if (!route.url.startsWith(basePath) || !LIMITED.test(route.url.slice(basePath.length))) return;
    route.config = { ...route.config, rateLimit: {} };
  });
  await fastify.register(rateLimit, {
    global: false,
    max,
    store: Store,
    keyGenerator: ({ ip }) => networkOf(ip),
    enableDraftSpec: true,
    errorResponseBuilder: (_request, { ttl }) => tooManyRequests(Math.max(1, Math.ceil(ttl / 1000))),
  });
}
