import { MemoryWindowCounter } from './memory-window-counter.js';
import { type RedisCounterOptions, RedisWindowCounter } from './redis-window-counter.js';
import type { WindowCounter } from './window-counter.js';

/** @returns a counter over all instances where Redis has an address, else one for this process */
export function makeWindowCounter({
  url,
  ...options
}: Omit<RedisCounterOptions, 'url'> & { readonly url: string | undefined }): WindowCounter {
  return url === undefined
    ? new MemoryWindowCounter(options.window, options.clock)
    : new RedisWindowCounter({ url, ...options });
}
