import { MemoryWindowCounter } from './memory-window-counter.js';
import type { RedisCounterOptions } from './redis-window-counter.js';
import type { WindowCounter } from './window-counter.js';

/** @returns a counter over all instances if Redis is configured, otherwise one for this process */
export async function makeWindowCounter({
  url,
  ...options
}: Omit<RedisCounterOptions, 'url'> & { readonly url: string | undefined }): Promise<WindowCounter> {
  if (url === undefined) return new MemoryWindowCounter(options.window, options.clock);
  // The Redis client is loaded only if it is needed, so that most starts are faster.
  const { RedisWindowCounter } = await import('./redis-window-counter.js');
  return new RedisWindowCounter({ url, ...options });
}
