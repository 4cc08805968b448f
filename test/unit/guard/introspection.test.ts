import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Introspection } from '../../../src/guard/introspection.js';
import { connectionRefused, FakeFetch, json, LateResponse } from '../../support/fake-fetch.js';
import { MovedClock } from '../../support/moved-clock.js';

const ENDPOINT = 'https://issuer.example/oauth2/introspect';
const active = (): Response => json({ active: true, sub: 'user-42' });

let clock: MovedClock;
let reports: string[];
let fake: FakeFetch;
let introspection: Introspection;

function make({ cacheSeconds = 10, fetch = fake.fetch } = {}): Introspection {
  return new Introspection({
    endpoint: ENDPOINT,
    clientId: 'logging service',
    clientSecret: 'marker:secret',
    cacheSeconds,
    clock,
    fetch,
    report: (reason) => void reports.push(reason),
  });
}

beforeEach(() => {
  clock = new MovedClock();
  reports = [];
  fake = new FakeFetch(active);
  introspection = make();
});

describe('Introspection while the issuer hangs', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
  afterEach(() => void jest.useRealTimers());

  it('returns "unavailable" after 2 seconds, and caches the response that comes late', async () => {
    const late = new LateResponse();
    fake.answer = () => late.promise;
    const state = introspection.stateOf('a.b.c');
    jest.advanceTimersByTime(2_000);
    expect(await state).toBe('unavailable');
    expect(await introspection.stateOf('a.b.c')).toBe('unavailable');
    expect(introspection.retryAfterSeconds).toBe(1);
    late.give(active());
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(introspection.stateOf('a.b.c')).toBe('active');
    expect(fake.sent).toHaveLength(1);
  });
});

describe('Introspection', () => {
  it('sends an RFC 7662 request with form-encoded Basic credentials', async () => {
    expect(await introspection.stateOf('a.b.c')).toBe('active');
    const { url, method, headers, body } = fake.last;
    expect({ url, method }).toEqual({ url: ENDPOINT, method: 'POST' });
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      token: 'a.b.c',
      token_type_hint: 'access_token',
    });
    expect(headers.get('content-type')).toMatch(/^application\/x-www-form-urlencoded/);
    expect(Buffer.from(headers.get('authorization')?.slice(6) ?? '', 'base64').toString()).toBe(
      'logging+service:marker%3Asecret',
    );
  });

  it('returns "inactive" if the issuer responds with active: false', async () => {
    fake.answer = () => json({ active: false });
    expect(await introspection.stateOf('a.b.c')).toBe('inactive');
  });

  it.each(['active', 'inactive'])(
    'caches "%s" for ten seconds, and then returns it without a promise',
    async (state) => {
      fake.answer = () => json({ active: state === 'active' });
      await introspection.stateOf('a.b.c');
      clock.advance(9.999);
      expect(introspection.stateOf('a.b.c')).toBe(state);
      clock.advance(0.001);
      expect(await introspection.stateOf('a.b.c')).toBe(state);
      expect(fake.sent).toHaveLength(2);
    },
  );

  it('counts the cache time from the request, not from the response', async () => {
    const late = new LateResponse();
    fake.answer = () => late.promise;
    const state = introspection.stateOf('a.b.c');
    clock.advance(10);
    late.give(active());
    expect(await state).toBe('active');
    expect(introspection.stateOf('a.b.c')).toBeInstanceOf(Promise);
  });

  it('sends one request for any number of concurrent callers', async () => {
    const states = await Promise.all(Array.from({ length: 100 }, async () => introspection.stateOf('a.b.c')));
    expect([new Set(states), fake.sent.length]).toEqual([new Set(['active']), 1]);
  });

  it('sends one request for concurrent callers even if caching is off', async () => {
    introspection = make({ cacheSeconds: 0 });
    await Promise.all(Array.from({ length: 2 }, async () => introspection.stateOf('a.b.c')));
    await introspection.stateOf('a.b.c');
    expect(fake.sent).toHaveLength(2);
  });

  it('keeps the states of different tokens apart', async () => {
    fake.answer = ({ body }) => json({ active: body.includes('valid') });
    expect(await introspection.stateOf('valid')).toBe('active');
    expect(await introspection.stateOf('bad')).toBe('inactive');
  });

  it('caches ten thousand responses and drops the oldest', async () => {
    // A whole Response each time would take seconds.
    const response = { status: 200, headers: new Headers(), body: [Buffer.from('{"active":true}')] };
    introspection = make({ fetch: () => Promise.resolve(response as unknown as Response) });
    for (let index = 0; index <= 10_000; index++) await introspection.stateOf(`token-${index}`);
    expect(introspection.stateOf('token-1')).toBe('active');
    expect(introspection.stateOf('token-0')).toBeInstanceOf(Promise);
  });

  describe('if the issuer', () => {
    it.each([
      ['is unavailable', connectionRefused],
      ['responds with 500', () => json({ active: true }, 500)],
      ['rejects the client', () => json({ error: 'invalid_client' }, 401)],
      ['redirects', () => json({ active: true }, 302, { location: '/' })],
      ['omits the field active', () => json({})],
      ['sends active as a string', () => json({ active: 'true' })],
      ['responds with HTML', () => new Response('<html>')],
    ])(
      '%s, the state is "unavailable" and not cached, and the report has no secret',
      async (_name, respond) => {
        fake.answer = respond;
        expect(await introspection.stateOf('a.b.c')).toBe('unavailable');
        expect(reports).toEqual([expect.stringContaining(ENDPOINT)]);
        expect(reports.join()).not.toMatch(/marker|a\.b\.c/);
        fake.answer = active;
        clock.advance(1);
        expect(await introspection.stateOf('a.b.c')).toBe('active');
      },
    );

    it('is unavailable, no other request is sent for a second', async () => {
      fake.answer = connectionRefused;
      await introspection.stateOf('a.b.c');
      clock.advance(0.999);
      expect(introspection.stateOf('d.e.f')).toBe('unavailable');
      clock.advance(0.001);
      await introspection.stateOf('d.e.f');
      expect(fake.sent).toHaveLength(2);
    });

    it('is unavailable, cached responses still apply', async () => {
      await introspection.stateOf('a.b.c');
      fake.answer = connectionRefused;
      await introspection.stateOf('d.e.f');
      expect(introspection.stateOf('a.b.c')).toBe('active');
    });

    it('responds to one token with 413, other tokens are still introspected', async () => {
      fake.answer = ({ body }) => (body.includes('odd') ? json({}, 413) : active());
      expect(await introspection.stateOf('odd')).toBe('unavailable');
      expect(await introspection.stateOf('a.b.c')).toBe('active');
    });

    it('is unavailable, each outage is reported once', async () => {
      for (const respond of [connectionRefused, connectionRefused, active, connectionRefused]) {
        fake.answer = respond;
        await introspection.stateOf('a.b.c');
        clock.advance(20);
      }
      expect(reports).toHaveLength(2);
    });
  });
});
