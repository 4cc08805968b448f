import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWhereReachable, failureOf } from '../../support/reachable.js';
import { RunningApp } from '../../support/running-app.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';

const REDIS = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const missing = await failureOf(async () => {
  const redis = new Redis(REDIS, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
  } finally {
    redis.disconnect();
  }
});

const MAX = 3;

/** Counts outlive a test, so each test needs its own IP address; an IPv6 network counts as one. */
const freshAddress = (): string =>
  `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`;

const ask = async (service: RunningApp, address: string): Promise<number> =>
  (await service.post('/verify', { token: 'a.b.c', aud: 'b' }, { 'x-forwarded-for': address })).status;

const refused = (count: number): number[] => [...Array.from({ length: count }, () => 401), 429];

describeWhereReachable('Redis', missing, () => {
  let proxy: TcpProxy;
  let instances: [RunningApp, RunningApp];

  /** Whether the instances share a count. The clocks advance because neither retries Redis at once. */
  async function countTogether(): Promise<boolean> {
    const [first, second] = instances;
    for (const { clock } of instances) clock.advance(2);
    const probe = freshAddress();
    for (let index = 0; index < MAX; index++) await ask(first, probe);
    return (await ask(second, probe)) === 429;
  }

  async function requestAlternately(address: string): Promise<void> {
    for (let index = 0; index <= MAX; index++) await ask(instances[index % 2] ?? instances[0], address);
  }

  /** The statuses of each instance for an IP address that it counts by itself. */
  async function askEach(address: string): Promise<number[][]> {
    const found = [];
    for (const service of instances) {
      const statuses: number[] = [];
      for (let index = 0; index <= MAX; index++) statuses.push(await ask(service, address));
      found.push(statuses);
    }
    return found;
  }

  const complaints = (): number[] =>
    instances.map(
      ({ captured }) => captured.lines.filter(({ msg }) => msg === 'Redis does not respond').length,
    );

  beforeAll(async () => {
    proxy = await TcpProxy.before(REDIS, 6379);
    const settings = {
      redisUrl: proxy.url,
      rateLimitMax: MAX,
      // The counter of authentication failures would log the same outage too.
      authFailureMax: 0,
      trustedProxies: ['127.0.0.1'],
    };
    instances = [await RunningApp.start(settings), await RunningApp.start(settings)];
    await until(countTogether, 20_000);
  }, 30_000);
  afterAll(async () => {
    await Promise.all(instances.map((service) => service.stop()));
    await proxy.cut();
  });

  it('counts the requests of two instances together', async () => {
    await until(countTogether, 20_000);
  }, 30_000);

  it('ends the window by its own clock', async () => {
    const redis = new Redis(REDIS);
    const address = freshAddress();
    const before = await redis.keys('identity-backend:requests:*');
    await requestAlternately(address);
    const [key = ''] = (await redis.keys('identity-backend:requests:*')).filter(
      (each) => !before.includes(each),
    );
    expect(key).not.toContain(address);
    expect(await redis.pttl(key)).toBeGreaterThan(50_000);
    await redis.pexpire(key, 1);
    await until(async () => (await redis.exists(key)) === 0, 10_000);
    redis.disconnect();
    expect(await ask(instances[0], address)).toBe(401);
  });

  it.each([
    ['is stopped', () => proxy.cut()],
    [
      'does not respond',
      () => {
        proxy.silence();
        return Promise.resolve();
      },
    ],
  ])(
    'if it %s: each instance counts by itself, logs it once, and shares counts again afterwards',
    async (_name, end) => {
      const earlier = freshAddress();
      await requestAlternately(earlier);
      const before = complaints();
      await end();
      for (const { clock } of instances) clock.advance(2);
      expect(await askEach(freshAddress())).toEqual([refused(MAX), refused(MAX)]);
      // Counts from before the outage are kept.
      for (const service of instances) expect(await ask(service, earlier)).toBe(429);
      await until(() => complaints().every((count, index) => count > (before[index] ?? 0)), 10_000);
      const said = complaints();
      for (const { clock } of instances) clock.advance(2);
      expect(await askEach(freshAddress())).toEqual([refused(MAX), refused(MAX)]);
      expect(complaints()).toEqual(said);
      await proxy.restore();
      await until(countTogether, 20_000);
    },
    60_000,
  );
});

it('an instance that never reached its Redis counts by itself', async () => {
  const service = await RunningApp.start({ redisUrl: 'redis://127.0.0.1:1', rateLimitMax: MAX });
  const statuses = [];
  for (let index = 0; index <= MAX; index++) statuses.push(await ask(service, freshAddress()));
  await service.stop();
  expect(statuses).toEqual(refused(MAX));
});
