import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Clock } from '../clock.js';
import { registerPasswordOf } from '../encoding/redact-secrets.js';
import { MemoryWindowCounter } from './memory-window-counter.js';
import { type WindowCount, WindowCounter } from './window-counter.js';

/** How long Redis may take to respond, in milliseconds; after that, this instance counts for itself. */
const COMMAND_TIMEOUT_MS = 250;

/** How long Redis is not used after it failed, in milliseconds. */
const RETRY_PAUSE_MS = 1_000;

/** A connection that is silent for this long, in milliseconds, is replaced: the network may have lost it. */
const SOCKET_TIMEOUT_MS = 2_000;

/** Options of {@link RedisWindowCounter}. */
export interface RedisCounterOptions {
  readonly url: string;
  /** What is counted. The name separates the keys of one counter from those of another. */
  readonly name: string;
  /** Length of the window, in milliseconds. */
  readonly window: number;
  readonly clock: Clock;
  /**
   * Whether each count is published to the other instances, whose {@link WindowCounter.known} then returns
   * it.
   */
  readonly publishes: boolean;
  /** Receives why Redis failed, once for each outage. */
  readonly failed: (cause: unknown) => void;
}

/** Counts over all instances; while Redis is unavailable, each counts for itself. */
export class RedisWindowCounter extends WindowCounter {
  private readonly local: MemoryWindowCounter;
  private readonly counting: Redis;
  private readonly listening: Redis | undefined;
  private readonly prefix: string;
  private unavailableUntil = 0;
  private isUnavailable = false;

  constructor(private readonly options: RedisCounterOptions) {
    super();
    registerPasswordOf(options.url);
    this.prefix = `identity-backend:${options.name}:`;
    this.local = new MemoryWindowCounter(options.window, options.clock);
    this.counting = new Redis(options.url, {
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: 5_000,
      socketTimeout: SOCKET_TIMEOUT_MS,
      // A subscriber sends nothing, so the operating system checks whether the other side is alive.
      keepAlive: 10_000,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      // Without a connection to close, ioredis keeps the process alive for this long.
      disconnectTimeout: 100,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    });
    this.counting.on('error', (cause) => this.reportOutage(cause));
    this.counting.on('ready', () => (this.isUnavailable = false));
    this.listening = options.publishes ? this.listen() : undefined;
  }

  override known(key: string): WindowCount | undefined {
    return this.local.known(digest(key));
  }

  override async add(key: string): Promise<WindowCount> {
    const name = digest(key);
    if (this.options.clock.now() < this.unavailableUntil) return this.local.add(name);
    try {
      const count = await this.count(name);
      this.local.remember(name, count);
      this.isUnavailable = false;
      return count;
    } catch (cause) {
      this.unavailableUntil = this.options.clock.now() + RETRY_PAUSE_MS;
      // Without a connection, its own error event reports the cause.
      if (this.counting.status === 'ready') this.reportOutage(cause);
      return this.local.add(name);
    }
  }

  override close(): void {
    this.counting.disconnect();
    this.listening?.disconnect();
  }

  private reportOutage(cause: unknown): void {
    if (!this.isUnavailable) this.options.failed(cause);
    this.isUnavailable = true;
  }

  private async count(name: string): Promise<WindowCount> {
    const replies = await this.counting
      .multi()
      .set(this.prefix + name, 0, 'PX', this.options.window, 'NX')
      .incr(this.prefix + name)
      .pttl(this.prefix + name)
      .exec();
    const [, [, count] = [], [, left] = []] = replies ?? [];
    if (typeof count !== 'number' || typeof left !== 'number') throw new Error('Redis did not count');
    if (this.options.publishes) {
      void this.counting.publish(this.prefix, `${name} ${count} ${left}`).catch(() => {});
    }
    return { count, until: this.options.clock.now() + left };
  }

  private listen(): Redis {
    const listening = this.counting.duplicate({ enableOfflineQueue: true, maxRetriesPerRequest: null });
    listening.on('error', () => {});
    listening.on('message', (_channel, text: string) => this.receive(text));
    listening.subscribe(this.prefix).catch(() => {});
    return listening;
  }

  private receive(text: string): void {
    const [name = '', count, left] = text.split(' ');
    const known = this.local.known(name)?.count ?? 0;
    // Messages of two instances may arrive in the wrong order.
    if (Number(count) > known) {
      const until = this.options.clock.now() + Number(left);
      this.local.remember(name, { count: Number(count), until });
    }
  }
}

/** Hashes a key: Redis need not know which IP addresses send requests. */
function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
