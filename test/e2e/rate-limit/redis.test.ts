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

/** Counts outlive a test, so no two may share an IP address; a network of IPv6 counts as one. */
const freshAddress = (): string =>
  `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`;

const ask = async (service: RunningApp, address: string): Promise<number> =>
  (await service.post('/verify', { token: 'a.b.c', aud: 'b' }, { 'x-forwarded-for': address })).status;

const refused = (count: number): number[] => [...Array.from({ length: count }, () => 401), 429];

describeWhereReachable('Redis', missing, () => {
  let proxy: TcpProxy;
  let instances: [RunningApp, RunningApp];

  /** Whether what one instance counts is known to the other; neither asks Redis again until some time has passed. */
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

  /** What each instance responds to an IP address that it alone counts. */
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
      // Its own counter would report the same outage once more.
      mostAuthFailures: 0,
      trustedProxies: ['127.0.0.1'],
    };
    instances = [await RunningApp.start(settings), await RunningApp.start(settings)];
    await until(countTogether, 20_000);
  }, 30_000);
  afterAll(async () => {
    await Promise.all(instances.map((service) => service.stop()));
    await proxy.cut();
  });

  it('lets two instances count together', async () => {
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
    ['was stopped', () => proxy.cut()],
    [
      'does not answer',
      () => {
        proxy.silence();
        return Promise.resolve();
      },
    ],
  ])(
    'if it %s: each instance counts for itself, says so once, and together again when it is back',
    async (_name, end) => {
      const earlier = freshAddress();
      await requestAlternately(earlier);
      const before = complaints();
      await end();
      for (const { clock } of instances) clock.advance(2);
      expect(await askEach(freshAddress())).toEqual([refused(MAX), refused(MAX)]);
      // What was counted together stays known.
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

it('an instance that never reached its Redis counts for itself', async () => {
  const service = await RunningApp.start({ redisUrl: 'redis://127.0.0.1:1', rateLimitMax: MAX });
  const statuses = [];
  for (let index = 0; index <= MAX; index++) statuses.push(await ask(service, freshAddress()));
  await service.stop();
  expect(statuses).toEqual(refused(MAX));
});
