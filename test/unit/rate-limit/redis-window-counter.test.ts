import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import {
  type RedisCounterOptions,
  RedisWindowCounter,
} from '../../../src/rate-limit/redis-window-counter.js';
import { MovedClock } from '../../support/moved-clock.js';
import { describeWhereReachable } from '../../support/reachable.js';
import { REDIS_URL, redisMissing } from '../../support/redis.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';

const WINDOW = 60_000;

let clock: MovedClock;
let failures: unknown[];
let counters: RedisWindowCounter[];
/** Counts outlive a test, so no two tests may share a name. */
let name: string;

beforeEach(() => {
  clock = new MovedClock();
  failures = [];
  counters = [];
  name = `test-${randomBytes(8).toString('hex')}`;
});
afterEach(() => {
  for (const counter of counters) counter.close();
});

/** A counter as another instance would make it. */
function makeCounter(changes: Partial<RedisCounterOptions> = {}): RedisWindowCounter {
  const counter = new RedisWindowCounter({
    url: REDIS_URL,
    name,
    window: WINDOW,
    clock,
    publishes: true,
    failed: (cause) => failures.push(cause),
    ...changes,
  });
  counters.push(counter);
  return counter;
}

/** Counts a new key until the condition holds. */
async function countUntil(counter: RedisWindowCounter, seen: (key: string) => unknown): Promise<void> {
  const key = randomBytes(8).toString('hex');
  await until(async () => {
    // Longer than the pause after a failure.
    clock.advance(2);
    await counter.add(key);
    return Boolean(await seen(key));
  }, 15_000);
}

/** A counter that already counts in Redis. */
async function counterOf(changes: Partial<RedisCounterOptions> = {}): Promise<RedisWindowCounter> {
  const counter = makeCounter(changes);
  await countUntil(counter, () => keysOf(changes.name ?? name));
  return counter;
}

/** Two counters that receive each other's counts. */
async function twoCounters(): Promise<[RedisWindowCounter, RedisWindowCounter]> {
  const [one, other] = [await counterOf(), await counterOf()];
  await countUntil(one, (key) => other.known(key));
  await countUntil(other, (key) => one.known(key));
  return [one, other];
}

/** How many keys Redis holds for counters of this name. */
async function keysOf(countersName: string): Promise<number> {
  const redis = new Redis(REDIS_URL);
  try {
    return (await redis.keys(`identity-backend:${countersName}:*`)).length;
  } finally {
    redis.disconnect();
  }
}

describeWhereReachable('RedisWindowCounter', redisMissing, () => {
  it('adds up the events of two instances', async () => {
    const [one, other] = await twoCounters();
    const counts: number[] = [];
    for (const counter of [one, other, other, one]) counts.push((await counter.add('key')).count);
    expect(counts).toEqual([1, 2, 3, 4]);
  });

  it('counts each of 100 concurrent events', async () => {
    const [one, other] = await twoCounters();
    const counts = await Promise.all(Array.from({ length: 100 }, (_, i) => (i % 2 ? one : other).add('key')));
    expect(counts.map(({ count }) => count).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
  });

  it('notifies other instances, which then know the count without a request', async () => {
    const [one, other] = await twoCounters();
    await one.add('key');
    const { until: end } = await one.add('key');
    await until(() => other.known('key')?.count === 2, 10_000);
    expect(Math.abs((other.known('key')?.until ?? 0) - end)).toBeLessThan(1_000);
  });

  it('forgets a count when its window ends, as does Redis', async () => {
    const counter = await counterOf({ window: 1_000 });
    const { until: end } = await counter.add('key');
    expect(end - clock.now()).toBeLessThanOrEqual(1_000);
    expect(end - clock.now()).toBeGreaterThan(500);
    clock.advance(1);
    expect(counter.known('key')).toBeUndefined();
    await until(async () => (await keysOf(name)) === 0, 10_000);
    expect((await counter.add('key')).count).toBe(1);
  });

  it('keeps counters with different names apart', async () => {
    const [one, other] = [await counterOf(), await counterOf({ name: `${name}-other` })];
    await one.add('key');
    expect((await other.add('key')).count).toBe(1);
  });

  it('notifies no other instance if publishes is false', async () => {
    const [silent, one, other] = [await counterOf({ publishes: false }), ...(await twoCounters())];
    await silent.add('key');
    // A later message arrives after any earlier one would have.
    await countUntil(one, (key) => other.known(key));
    expect(other.known('key')).toBeUndefined();
    expect((await other.add('key')).count).toBe(2);
  });
});

describeWhereReachable('RedisWindowCounter, when Redis becomes unavailable,', redisMissing, () => {
  let proxy: TcpProxy;
  let counter: RedisWindowCounter;

  beforeEach(async () => {
    proxy = await TcpProxy.before(REDIS_URL, 6379);
    counter = await counterOf({ url: proxy.url });
  });
  afterEach(() => proxy.cut());

  it('continues locally from the last known count, and reports the failure once', async () => {
    await counter.add('key');
    await counter.add('key');
    await proxy.cut();
    await until(() => failures.length > 0, 10_000);
    for (const count of [3, 4, 5]) {
      expect((await counter.add('key')).count).toBe(count);
      clock.advance(2);
    }
    expect(counter.known('key')?.count).toBe(5);
    expect(failures).toHaveLength(1);
  });

  it('shares its counts again when Redis is back, and reports the next outage', async () => {
    const other = await counterOf();
    for (let outage = 1; outage <= 2; outage++) {
      await proxy.cut();
      await until(() => failures.length === outage, 10_000);
      await counter.add('key');
      await proxy.restore();
      await countUntil(counter, (key) => other.known(key));
    }
    expect(failures).toHaveLength(2);
  });

  it('counts 20 events in less than two seconds if Redis does not respond', async () => {
    proxy.silence();
    const begin = performance.now();
    for (let i = 1; i <= 20; i++) expect((await counter.add('key')).count).toBe(i);
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect(failures).toHaveLength(1);
  });
});

describe('RedisWindowCounter, if Redis was never available,', () => {
  it('counts locally, and reports the failure once', async () => {
    const counter = makeCounter({ url: 'redis://127.0.0.1:1' });
    expect([(await counter.add('key')).count, (await counter.add('key')).count]).toEqual([1, 2]);
    await until(() => failures.length > 0, 10_000);
    clock.advance(2);
    expect((await counter.add('key')).count).toBe(3);
    expect(failures).toHaveLength(1);
  });
});
