import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { GuardOptions } from '../../../src/guard/identity-auth-options.js';
import { TokenVerifier } from '../../../src/guard/token-verifier.js';
import type { VerificationOutcome } from '../../../src/guard/verification-outcome.js';
import { CapturedNestLog } from '../../support/captured-nest-log.js';
import { connectionRefused, FakeFetch, json, type SentRequest } from '../../support/fake-fetch.js';
import { handMadeToken } from '../../support/hand-made-token.js';
import { JoseKey } from '../../support/jose-key.js';
import { MovedClock } from '../../support/moved-clock.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

const log = new CapturedNestLog();
const ONE = 'https://one.example';
const TWO = 'https://two.example';
const SHARED = 'shared-issuer';
const INTROSPECT = `${TWO}/introspect`;

let clock: MovedClock;
let fake: FakeFetch;
let keyOfOne: JoseKey;
let keyOfTwo: JoseKey;
/** What replaces the response to a URL that begins with the name. */
let replaced: Map<string, (request: SentRequest) => Response | Promise<Response>>;

beforeAll(async () => {
  // The same kid at both: only the issuer distinguishes the keys.
  [keyOfOne, keyOfTwo] = await Promise.all([JoseKey.make('ES256', 'key'), JoseKey.make('EdDSA', 'key')]);
});

beforeEach(() => {
  clock = new MovedClock();
  replaced = new Map();
  fake = new FakeFetch(respond);
  log.clear();
});

function respond(request: SentRequest): Response | Promise<Response> {
  const { url } = request;
  const other = [...replaced].find(([name]) => url.startsWith(name))?.[1];
  if (other) return other(request);
  if (url === INTROSPECT) return json({ active: true });
  const { origin } = new URL(url);
  if (url.endsWith('/jwks')) return json({ keys: [(origin === ONE ? keyOfOne : keyOfTwo).jwk] });
  return json({ issuer: origin, jwks_uri: `${origin}/jwks` });
}

const verifier = (options: GuardOptions = {}): TokenVerifier =>
  new TokenVerifier({
    issuers: [
      { issuer: ONE, audience: 'a-of-one', discover: true },
      {
        issuer: TWO,
        audience: ['a-of-two', 'b-of-two'],
        jwksUri: `${TWO}/jwks`,
        algorithms: ['EdDSA'],
        introspection: { endpoint: INTROSPECT, clientId: 'me', clientSecret: 'marker' },
      },
      { issuer: SHARED, audience: 'a-of-shared', secrets: [SECRET], acceptTypes: ['at+jwt'] },
    ],
    clock,
    fetch: fake.fetch,
    ...options,
  });

type Claims = Readonly<Record<string, unknown>>;
const ofOne = (claims: Claims = {}): Promise<string> =>
  keyOfOne.sign({ iss: ONE, aud: 'a-of-one', ...claims });
const ofTwo = (claims: Claims = {}): Promise<string> =>
  keyOfTwo.sign({ iss: TWO, aud: 'b-of-two', ...claims });
const ofShared = (claims: Claims = {}, header: Claims = {}): string =>
  handMadeToken({
    claims: { iss: SHARED, aud: 'a-of-shared', ...claims },
    header: { typ: 'at+jwt', ...header },
  });

const codeOf = async (outcome: VerificationOutcome | Promise<VerificationOutcome>): Promise<string> =>
  (await outcome).code;

describe('TokenVerifier for several issuers', () => {
  it('accepts tokens of each, by its own keys, audiences and algorithms', async () => {
    const several = verifier();
    for (const token of [await ofOne(), await ofTwo(), await ofTwo({ aud: 'a-of-two' }), ofShared()]) {
      expect(await several.verify(token)).toMatchObject({ code: 'valid' });
    }
  });

  it('asks only the issuer that the token names', async () => {
    const several = verifier();
    await several.verify(ofShared());
    expect(fake.sent).toEqual([]);
    await several.verify(await ofOne());
    expect(new Set(fake.sent.map(({ url }) => new URL(url).origin))).toEqual(new Set([ONE]));
  });

  it.each([undefined, '', 'https://three.example', `${ONE}/`, `${ONE}.`, 'constructor', '__proto__'])(
    'refuses a token whose iss is %j without a request, and repeats nothing of it',
    async (iss) => {
      const several = verifier();
      for (const token of [await ofOne({ iss }), ofShared({ iss })]) {
        const outcome = several.verify(token);
        expect(outcome).toEqual({
          code: 'invalid_issuer',
          hint: 'The token names none of the issuers whose tokens this service accepts; request a token from one of them.',
        });
      }
      expect(fake.sent).toEqual([]);
    },
  );

  it.each([1, null, [ONE], { issuer: ONE }])('refuses a token whose iss is %j as malformed', (iss) => {
    expect(verifier().verify(ofShared({ iss }))).toMatchObject({ code: 'malformed_token' });
  });

  it.each<[string, string, () => Promise<string> | string]>([
    ['of another issuer, signed by a known key', 'invalid_signature', () => keyOfTwo.sign({ iss: ONE })],
    [
      'of another issuer, signed by a secret',
      'invalid_signature',
      () => ofShared({ iss: TWO, aud: 'b-of-two' }),
    ],
    ['for the audience of another issuer', 'invalid_audience', () => ofOne({ aud: 'a-of-shared' })],
    ['of an algorithm of another issuer', 'invalid_signature', () => keyOfOne.sign({ iss: TWO })],
    ['of a type that only others accept', 'malformed_token', () => ofShared({}, { typ: 'JWT' })],
    ['without a type, if one is required', 'malformed_token', () => ofShared({}, { typ: undefined })],
  ])('refuses a token %s', async (_name, code, make) => {
    expect(await codeOf(verifier().verify(await make()))).toBe(code);
  });

  it('discloses nothing about the claims of a token that the named issuer did not sign', async () => {
    const outcome = await verifier().verify(await keyOfTwo.sign({ iss: ONE, aud: 'x', exp: 0 }));
    expect(outcome.code).toBe('invalid_signature');
    expect(JSON.stringify(outcome)).not.toContain(ONE);
  });

  it('introspects only the tokens of the issuer for which it is configured', async () => {
    replaced.set(INTROSPECT, () => json({ active: false }));
    const several = verifier();
    expect(await codeOf(several.verify(await ofTwo()))).toBe('token_revoked');
    expect(await codeOf(several.verify(await ofOne()))).toBe('valid');
    expect(fake.sent.filter(({ url }) => url === INTROSPECT)).toHaveLength(1);
  });

  it.each<[string, (request: SentRequest) => Response]>([
    ['is unreachable', connectionRefused],
    ['redirects', () => new Response(null, { status: 302, headers: { location: `${TWO}/jwks` } })],
    ['answers 10 MB', () => new Response('x'.repeat(10 * 1024 * 1024))],
    ['names another issuer in its metadata', () => json({ issuer: TWO, jwks_uri: `${TWO}/jwks` })],
  ])('still verifies the tokens of the others while one %s', async (_name, answer) => {
    replaced.set(ONE, answer);
    const several = verifier();
    const refused = await several.verify(await ofOne());
    expect(refused).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
    expect(await codeOf(several.verify(await ofTwo()))).toBe('valid');
    expect(await codeOf(several.verify(ofShared()))).toBe('valid');
    expect(several.issuersWithoutKeys()).toEqual([ONE]);
    expect(log.warnings).toEqual([expect.stringContaining('Keys could not be fetched: https://one.example')]);
  });

  it.each([undefined, null, 7, {}, ['a.b.c']])('refuses %j in place of a token', (token) => {
    expect(verifier().verify(token as never)).toEqual({
      code: 'malformed_token',
      hint: 'The token is not text.',
    });
  });
});

describe('TokenVerifier.hydrate', () => {
  it('fetches the keys of all issuers at once, and only once', async () => {
    const several = verifier();
    await several.hydrate();
    const sent = fake.sent.length;
    expect(several.issuersWithoutKeys()).toEqual([]);
    expect(several.verify(await ofOne())).toMatchObject({ code: 'valid' });
    await several.hydrate();
    expect(fake.sent).toHaveLength(sent);
  });

  it.each([
    [true, []],
    [false, [ONE, TWO]],
  ])('is called at start if the option hydrate is %j', async (hydrate, missing) => {
    const several = verifier({ hydrate });
    await several.onModuleInit();
    expect(several.issuersWithoutKeys()).toEqual(missing);
  });

  it('logs an issuer that is unavailable, and does not reject', async () => {
    replaced.set(ONE, connectionRefused);
    const several = verifier();
    await several.hydrate();
    expect(several.issuersWithoutKeys()).toEqual([ONE]);
    expect(log.warnings).toEqual([
      'Keys could not be fetched: https://one.example/.well-known/openid-configuration: ECONNREFUSED',
    ]);
  });
});

describe('TokenVerifier while an issuer hangs', () => {
  let release: () => void;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const hanging = new Promise<void>((resolve) => (release = resolve));
    replaced.set(`${TWO}/jwks`, () => hanging.then(() => json({ keys: [keyOfTwo.jwk] })));
  });
  afterEach(() => void jest.useRealTimers());

  const settle = async (): Promise<void> => {
    for (let tick = 0; tick < 5; tick++) await new Promise((resolve) => setImmediate(resolve));
  };

  it('returns "unavailable" after two seconds, and at once after that, until the keys arrive', async () => {
    const several = verifier();
    const token = await ofTwo();
    const first = several.verify(token);
    await settle();
    jest.advanceTimersByTime(2_000);
    expect(await first).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
    expect(several.verify(token)).toMatchObject({ code: 'unavailable' });
    release();
    await settle();
    expect(await codeOf(several.verify(token))).toBe('valid');
  });

  it('does not call a token invalid whose key may be on its way', async () => {
    const several = verifier();
    const known = replaced.get(`${TWO}/jwks`);
    replaced.delete(`${TWO}/jwks`);
    await several.hydrate();
    if (known) replaced.set(`${TWO}/jwks`, known);
    clock.advance(30);
    const next = await JoseKey.make('EdDSA', 'next');
    const outcome = several.verify(await next.sign({ iss: TWO, aud: 'b-of-two' }));
    await settle();
    jest.advanceTimersByTime(2_000);
    expect(await codeOf(outcome)).toBe('unavailable');
    expect(await codeOf(several.verify(await ofTwo()))).toBe('valid');
  });

  it('delays the start of the application by two seconds at most', async () => {
    const hydrated = verifier().hydrate();
    await settle();
    jest.advanceTimersByTime(2_000);
    await expect(hydrated).resolves.toBeUndefined();
  });
});

describe('a token that is bound to a key', () => {
  const cnf = { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' };

  it.each([cnf, {}, null, 'x', false])('is refused with proof_required if its cnf is %j', async (value) => {
    const several = verifier();
    for (const token of [ofShared({ cnf: value }), await ofTwo({ cnf: value })]) {
      expect(await several.verify(token)).toMatchObject({
        code: 'proof_required',
        hint: expect.stringContaining('(cnf)'),
      });
    }
    expect(fake.sent.map(({ url }) => url)).not.toContain(INTROSPECT);
  });

  it('is refused for another reason first, if there is one', () => {
    expect(verifier().verify(ofShared({ cnf, aud: 'x' }))).toMatchObject({ code: 'invalid_audience' });
  });

  it('is accepted with allowBoundAsBearer', () => {
    expect(verifier({ allowBoundAsBearer: true }).verify(ofShared({ cnf }))).toMatchObject({ code: 'valid' });
  });
});

describe('the hints of a guard', () => {
  const only = new TokenVerifier({
    issuer: 'one',
    audience: 'a',
    secrets: [PREVIOUS_SECRET],
    clock: new MovedClock(),
  });

  it('name both issuers, and an option instead of a setting of the service', () => {
    const token = handMadeToken({ claims: { iss: 'other', aud: 'a' }, secret: PREVIOUS_SECRET });
    expect(only.verify(token)).toEqual({
      code: 'invalid_issuer',
      hint: 'The token names the issuer "other", "one" is expected; set the option issuer to the iss of the tokens that this service accepts.',
    });
  });

  it('name no secret to compare if only public keys are configured', async () => {
    const outcome = await verifier().verify(handMadeToken({ claims: { iss: ONE, aud: 'a-of-one' } }));
    expect(outcome).toMatchObject({ code: 'invalid_signature' });
    expect(JSON.stringify(outcome)).not.toContain('compare');
  });
});
