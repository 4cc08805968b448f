import { MemoryWindowCounter } from './memory-window-counter.js';
import type { RedisCounterOptions } from './redis-window-counter.js';
import type { WindowCounter } from './window-counter.js';

/** @returns a counter over all instances where Redis has an address, else one for this process */
export async function makeWindowCounter({
  url,
  ...options
}: Omit<RedisCounterOptions, 'url'> & { readonly url: string | undefined }): Promise<WindowCounter> {
  if (url === undefined) return new MemoryWindowCounter(options.window, options.clock);
  // The client of Redis is loaded where there is a Redis: most starts are quicker without it.
  const { RedisWindowCounter } = await import('./redis-window-counter.js');
  return new RedisWindowCounter({ url, ...options });
}
