import { beforeEach, describe, expect, it } from '@jest/globals';
import { Introspection } from '../../../src/guard/introspection.js';
import { connectionRefused, FakeFetch, json, LateAnswer } from '../../support/fake-fetch.js';
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

describe('Introspection', () => {
  it('asks as RFC 7662 says', async () => {
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

  it('says what the issuer says', async () => {
    fake.answer = () => json({ active: false });
    expect(await introspection.stateOf('a.b.c')).toBe('inactive');
  });

  it.each(['active', 'inactive'])('remembers "%s" for a while, and gives it at once', async (state) => {
    fake.answer = () => json({ active: state === 'active' });
    await introspection.stateOf('a.b.c');
    clock.advance(9.999);
    expect(introspection.stateOf('a.b.c')).toBe(state);
    clock.advance(0.001);
    expect(await introspection.stateOf('a.b.c')).toBe(state);
    expect(fake.sent).toHaveLength(2);
  });

  it('counts from when it asked, not from when the answer came', async () => {
    const late = new LateAnswer();
    fake.answer = () => late.promise;
    const state = introspection.stateOf('a.b.c');
    clock.advance(10);
    late.give(active());
    expect(await state).toBe('active');
    expect(introspection.stateOf('a.b.c')).toBeInstanceOf(Promise);
  });

  it('asks once for however many wait', async () => {
    const states = await Promise.all(Array.from({ length: 100 }, async () => introspection.stateOf('a.b.c')));
    expect([new Set(states), fake.sent.length]).toEqual([new Set(['active']), 1]);
  });

  it('sends one query however many wait, even if nothing is cached', async () => {
    introspection = make({ cacheSeconds: 0 });
    await Promise.all(Array.from({ length: 2 }, async () => introspection.stateOf('a.b.c')));
    await introspection.stateOf('a.b.c');
    expect(fake.sent).toHaveLength(2);
  });

  it('keeps tokens apart', async () => {
    fake.answer = ({ body }) => json({ active: body.includes('valid') });
    expect(await introspection.stateOf('valid')).toBe('active');
    expect(await introspection.stateOf('bad')).toBe('inactive');
  });

  it('remembers ten thousand answers and forgets the oldest', async () => {
    // A whole Response each time would take seconds.
    const answer = { status: 200, headers: new Headers(), body: [Buffer.from('{"active":true}')] };
    introspection = make({ fetch: () => Promise.resolve(answer as unknown as Response) });
    for (let index = 0; index <= 10_000; index++) await introspection.stateOf(`token-${index}`);
    expect(introspection.stateOf('token-1')).toBe('active');
    expect(introspection.stateOf('token-0')).toBeInstanceOf(Promise);
  });

  describe('if the issuer', () => {
    it.each([
      ['is unavailable', connectionRefused],
      ['is in trouble', () => json({ active: true }, 500)],
      ['rejects the client', () => json({ error: 'invalid_client' }, 401)],
      ['redirects', () => json({ active: true }, 302, { location: '/' })],
      ['answers without a word on it', () => json({})],
      ['answers with "true"', () => json({ active: 'true' })],
      ['answers in HTML', () => new Response('<html>')],
    ])('%s, nothing is known, nothing cached, and the secret is not exposed', async (_name, answer) => {
      fake.answer = answer;
      expect(await introspection.stateOf('a.b.c')).toBe('unavailable');
      expect(reports).toEqual([expect.stringContaining(ENDPOINT)]);
      expect(reports.join()).not.toMatch(/marker|a\.b\.c/);
      fake.answer = active;
      clock.advance(1);
      expect(await introspection.stateOf('a.b.c')).toBe('active');
    });

    it('is unavailable, no second query is sent, so that requests do not pile up', async () => {
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

    it('chokes on one token, the others are asked about nevertheless', async () => {
      fake.answer = ({ body }) => (body.includes('odd') ? json({}, 413) : active());
      expect(await introspection.stateOf('odd')).toBe('unavailable');
      expect(await introspection.stateOf('a.b.c')).toBe('active');
    });

    it('is unavailable, that is reported once for each outage', async () => {
      for (const answer of [connectionRefused, connectionRefused, active, connectionRefused]) {
        fake.answer = answer;
        await introspection.stateOf('a.b.c');
        clock.advance(20);
      }
      expect(reports).toHaveLength(2);
    });
  });
});
