import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { networkOf } from '../encoding/ip-address.js';
import { makeWindowCounter } from '../rate-limit/make-window-counter.js';
import type { WindowCount, WindowCounter } from '../rate-limit/window-counter.js';
import { tooManyRequests } from './api-error.js';

/** The routes that issue, verify or authenticate, under the base path. */
const LIMITED = /^\/(token|verify|oauth2\/\w+|admin(\/.*)?)$/;

/** Settings of {@link limitRequests}. */
export interface RateLimitSettings {
  /** Requests that one IP address may send in a window; 0 for any number. */
  readonly rateLimitMax: number;
  readonly rateLimitWindowMs: number;
  /** The Redis that counts for all instances. Without one, each process counts for itself. */
  readonly redisUrl: string | undefined;
  readonly basePath: string;
}

/**
 * Rejects requests of an IP address over its limit, before anything else. The plugin sets the headers; the
 * counter is ours, because that of the plugin stops counting while Redis is unavailable.
 */
export async function limitRequests(
  fastify: FastifyInstance,
  { rateLimitMax, rateLimitWindowMs, redisUrl, basePath }: RateLimitSettings,
  clock: Clock,
  log: Log,
): Promise<void> {
  if (rateLimitMax === 0) return;
  const counter = await makeWindowCounter({
    url: redisUrl,
    name: 'requests',
    window: rateLimitWindowMs,
    clock,
    publishes: false,
    failed: (cause) => log.error({ err: cause }, 'Redis does not respond'),
  });
  fastify.addHook('onClose', () => counter.close());
  fastify.addHook('onRoute', (route) => {
    if (!route.url.startsWith(basePath) || !LIMITED.test(route.url.slice(basePath.length))) return;
    route.config = { ...route.config, rateLimit: {} };
  });
  await fastify.register(rateLimit, {
    global: false,
    max: rateLimitMax,
    store: storeOf(counter, clock),
    keyGenerator: ({ ip }) => networkOf(ip),
    enableDraftSpec: true,
    errorResponseBuilder: (_request, { ttl }) => tooManyRequests(Math.max(1, Math.ceil(ttl / 1000))),
  });
}

function storeOf(counter: WindowCounter, clock: Clock): NonNullable<RateLimitPluginOptions['store']> {
  return class Store {
    incr(key: string, done: (error: Error | null, result?: { current: number; ttl: number }) => void): void {
      const counted = ({ count, until }: WindowCount): void =>
        done(null, { current: count, ttl: Math.max(0, until - clock.now()) });
      const count = counter.add(key);
      if (count instanceof Promise) count.then(counted, (error: unknown) => done(error as Error));
      else counted(count);
    }

    /** One count for all routes together. */
    child(): this {
      return this;
    }
  };
}
