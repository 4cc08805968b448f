import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { basic, makeClient } from '../../support/clients.js';
import { describeWhereReachable, failureOf } from '../../support/reachable.js';
import { RunningApp } from '../../support/running-app.js';
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

/** Counts outlive a test, so no two runs may share a client ID. */
const unique = (): string => `client-${randomBytes(8).toString('hex')}`;
const MOST = 3;

describeWhereReachable('Redis', missing, () => {
  let first: RunningApp;
  let second: RunningApp;
  const id = unique();
  let authorizations: string[];

  const attempt = async (
    service: RunningApp,
    clientId: string,
    authorization = basic(clientId, 'wrong'),
    from = address,
  ): Promise<number> => {
    const headers = { authorization, 'x-forwarded-for': from };
    return (await service.post('/token', { sub: clientId, aud: 'a' }, headers)).status;
  };
  /** Counts outlive a test, and all IP addresses of a /64 share one: every run needs its own /64. */
  const anywhere = (): string =>
    `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`;
  const address = anywhere();

  beforeAll(async () => {
    const settings = { redisUrl: REDIS, authFailureMax: MOST, trustedProxies: ['127.0.0.1'] };
    [first, second] = await Promise.all([RunningApp.start(settings), RunningApp.start(settings)]);
    const made = await Promise.all([first, second].map((each) => makeClient(each, id, { audiences: ['a'] })));
    authorizations = made.map(({ authorization }) => authorization);
    // Both are connected once the second one counts the failures at the first.
    await until(async () => {
      // On a busy machine Redis may respond too late, and is then not asked for a second of this clock.
      for (const { clock } of [first, second]) clock.advance(2);
      const [probe, elsewhere] = [unique(), anywhere()];
      const wrong = basic(probe, 'wrong');
      for (let index = 0; index < MOST; index++) await attempt(first, probe, wrong, elsewhere);
      return (await attempt(second, probe, wrong, elsewhere)) === 429;
    }, 15_000);
  });
  afterAll(() => Promise.all([first.stop(), second.stop()]));

  it('holds one count of failures for two instances', async () => {
    for (const service of [first, second, first]) expect(await attempt(service, id)).toBe(401);
    for (const [index, service] of [first, second].entries()) {
      await until(async () => (await attempt(service, id, authorizations[index])) === 429, 10_000);
    }
  });

  it('gives each instance the time until the count expires, as Retry-After', async () => {
    const headers = { authorization: basic(id, 'wrong'), 'x-forwarded-for': address };
    const response = await second.post('/token', { sub: id, aud: 'a' }, headers);
    const seconds = Number(response.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it('stores neither client IDs nor IP addresses in plain text', async () => {
    const redis = new Redis(REDIS);
    const keys = await redis.keys('identity-backend:*');
    redis.disconnect();
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expect(key).not.toContain(id);
      expect(key).not.toContain(address);
    }
  });
});

it('an instance whose Redis is unavailable counts by itself, and logs this once', async () => {
  const service = await RunningApp.start({ redisUrl: 'redis://127.0.0.1:1', authFailureMax: MOST });
  const { authorization } = await makeClient(service, 'worker', { audiences: ['a'] });
  const ask = async (shown: string): Promise<number> =>
    (await service.post('/token', { sub: 'worker', aud: 'a' }, { authorization: shown })).status;
  expect(await ask(authorization)).toBe(200);
  for (let index = 0; index < MOST; index++) expect(await ask(basic('worker', 'wrong'))).toBe(401);
  expect(await ask(authorization)).toBe(429);
  await until(() => service.captured.text.includes('Redis does not respond'), 10_000);
  await service.stop();
  const said = service.captured.lines.filter(({ msg }) => msg === 'Redis does not respond');
  expect(said).toHaveLength(1);
});
