import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Clock } from '../clock.js';
import { FAILURE_WINDOW, type FailureCount, FailureCounter } from './failure-counter.js';
import type { MemoryFailureCounter } from './memory-failure-counter.js';

const PREFIX = 'identity-backend:authentication-failures:';
const CHANNEL = 'identity-backend:authentication-failures';

/** How long Redis may take, in milliseconds; after that this instance counts for itself. */
const PATIENCE = 500;

/**
 * Counts failures over all instances. Each failure is counted in Redis and told to the others, which remember it: so
 * that a good client waits for nothing, and a bad one finds no instance that has not heard of it.
 */
export class RedisFailureCounter extends FailureCounter {
  private readonly counting: Redis;
  private readonly listening: Redis;

  /** @param local what is known here, and what counts while Redis is away */
  constructor(
    url: string,
    private readonly local: MemoryFailureCounter,
    private readonly clock: Clock,
    failed: (cause: unknown) => void,
  ) {
    super();
    this.counting = new Redis(url, {
      commandTimeout: PATIENCE,
      connectTimeout: 5_000,
      // Where there is no connection to end, ioredis holds the process for as long.
      disconnectTimeout: 100,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    });
    this.listening = this.counting.duplicate({ enableOfflineQueue: true, maxRetriesPerRequest: null });
    this.counting.on('error', onceAnOutage(this.counting, failed));
    this.listening.on('error', () => {});
    this.listening.on('message', (_channel, text: string) => this.hear(text));
    this.listening.subscribe(CHANNEL).catch(() => {});
  }

  override known(key: string): FailureCount | undefined {
    return this.local.known(digest(key));
  }

  override async add(key: string): Promise<FailureCount> {
    const name = digest(key);
    try {
      const count = await this.count(name);
      this.local.remember(name, count);
      return count;
    } catch {
      return this.local.add(name);
    }
  }

  close(): void {
    this.counting.disconnect();
    this.listening.disconnect();
  }

  private async count(name: string): Promise<FailureCount> {
    const answers = await this.counting
      .multi()
      .set(PREFIX + name, 0, 'PX', FAILURE_WINDOW, 'NX')
      .incr(PREFIX + name)
      .pttl(PREFIX + name)
      .exec();
    const [, [, count] = [], [, left] = []] = answers ?? [];
    if (typeof count !== 'number' || typeof left !== 'number') throw new Error('Redis did not count');
    const total = { count, until: this.clock.now() + left };
    void this.counting.publish(CHANNEL, `${name} ${count} ${left}`).catch(() => {});
    return total;
  }

  private hear(text: string): void {
    const [name = '', count, left] = text.split(' ');
    const known = this.local.known(name)?.count ?? 0;
    // Messages of two instances may cross.
    if (Number(count) > known) {
      this.local.remember(name, { count: Number(count), until: this.clock.now() + Number(left) });
    }
  }
}

/** Redis need not know who fails to log in from where. */
function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

function onceAnOutage(redis: Redis, failed: (cause: unknown) => void): (cause: unknown) => void {
  let away = false;
  redis.on('ready', () => (away = false));
  return (cause) => {
    if (!away) failed(cause);
    away = true;
  };
}
