import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { IdentityAuthOptions } from '../../../src/guard/identity-auth-options.js';
import { TokenVerifier } from '../../../src/guard/token-verifier.js';
import type { VerificationOutcome } from '../../../src/guard/verification-outcome.js';
import type { Algorithm } from '../../../src/jwt/algorithms.js';
import { CapturedNestLog } from '../../support/captured-nest-log.js';
import {
  connectionRefused,
  FakeFetch,
  json,
  LateResponse,
  type SentRequest,
} from '../../support/fake-fetch.js';
import { VALID_CLAIMS, handMadeToken, signedParts } from '../../support/hand-made-token.js';
import { JoseKey, PUBLIC_ALGORITHMS, SHARED_ALGORITHMS } from '../../support/jose-key.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

const log = new CapturedNestLog();
const JWKS = 'https://issuer.example/jwks.json';
const INTROSPECT = 'https://issuer.example/introspect';

let clock: MovedClock;
let fake: FakeFetch;
let published: JoseKey[];
const keys = new Map<Algorithm, JoseKey>();
const keyOf = (algorithm: Algorithm): JoseKey => keys.get(algorithm) ?? JoseKey.shared(algorithm);

beforeAll(async () => {
  for (const algorithm of PUBLIC_ALGORITHMS) keys.set(algorithm, await JoseKey.make(algorithm, algorithm));
});

const publish = (): Response => json({ keys: published.map(({ jwk }) => jwk) });

beforeEach(() => {
  clock = new MovedClock();
  published = [...keys.values()];
  fake = new FakeFetch(publish);
  log.clear();
});

const verifier = (options: Partial<IdentityAuthOptions>): TokenVerifier =>
  new TokenVerifier({
    issuer: 'identity-backend',
    audience: 'logging-service',
    clock,
    fetch: fake.fetch,
    ...options,
  });

const codeOf = async (outcome: VerificationOutcome | Promise<VerificationOutcome>): Promise<string> =>
  (await outcome).code;

describe('TokenVerifier with shared secrets', () => {
  it('returns the claims of a valid token without a promise', () => {
    const claims = { scope: 'a b', further: { deep: [1, null] } };
    expect(verifier({ secrets: [SECRET] }).verify(handMadeToken({ claims }))).toEqual({
      code: 'valid',
      claims: { ...VALID_CLAIMS, ...claims },
    });
  });

  it.each(SHARED_ALGORITHMS)('accepts a token that jose signed with %s', async (algorithm) => {
    const token = await keyOf(algorithm).sign();
    expect(await codeOf(verifier({ secrets: [SECRET], algorithms: [algorithm] }).verify(token))).toBe(
      'valid',
    );
  });

  it.each(['HS384', 'HS512'])('accepts only HS256 by default, not %s', (algorithm) => {
    expect(verifier({ secrets: [SECRET] }).verify(handMadeToken({ algorithm }))).toMatchObject({
      code: 'invalid_signature',
    });
  });

  it('accepts a previous secret only while it is configured', async () => {
    const token = handMadeToken({ secret: PREVIOUS_SECRET, header: { kid: 'of another service' } });
    expect(await codeOf(verifier({ secrets: [SECRET, PREVIOUS_SECRET] }).verify(token))).toBe('valid');
    expect(await codeOf(verifier({ secrets: [SECRET] }).verify(token))).toBe('invalid_signature');
  });

  it.each([
    ['malformed_token', { header: { alg: 'none' } }],
    ['malformed_token', { header: { crit: ['exp'] } }],
    ['invalid_signature', { secret: PREVIOUS_SECRET }],
    ['invalid_signature', { header: { alg: 'ES256' } }],
    ['token_not_yet_valid', { claims: { nbf: NEW_YEAR + 1 } }],
    ['token_expired', { claims: { exp: NEW_YEAR } }],
    ['invalid_issuer', { claims: { iss: 'another-issuer' } }],
    ['invalid_audience', { claims: { aud: 'another-service' } }],
  ])('returns %s with a hint for %j', (code, difference) => {
    const outcome = verifier({ secrets: [SECRET] }).verify(handMadeToken(difference));
    expect(outcome).toEqual({ code, hint: expect.stringMatching(/\.$/) });
  });

  it('accepts a token until exp plus the clock tolerance', async () => {
    const tolerant = verifier({ secrets: [SECRET], clockToleranceSeconds: 60 });
    clock.set(VALID_CLAIMS.exp + 59.999);
    expect(await codeOf(tolerant.verify(handMadeToken()))).toBe('valid');
    clock.advance(0.001);
    expect(await codeOf(tolerant.verify(handMadeToken()))).toBe('token_expired');
  });

  it('rejects a token for the issuer itself that a shared secret signed', async () => {
    const own = verifier({ secrets: [SECRET], audience: ['identity-backend', 'logging-service'] });
    for (const aud of ['identity-backend', ['logging-service', 'identity-backend']]) {
      expect(await codeOf(own.verify(handMadeToken({ claims: { aud } })))).toBe('invalid_signature');
    }
    expect(await codeOf(own.verify(handMadeToken()))).toBe('valid');
  });

  it('sends no request, even for an unknown kid', () => {
    void verifier({ secrets: [SECRET] }).verify(handMadeToken({ header: { kid: 'unknown', alg: 'ES256' } }));
    expect(fake.sent).toEqual([]);
  });
});

describe('TokenVerifier for several audiences', () => {
  const several = (): TokenVerifier => verifier({ secrets: [SECRET], audience: ['a-service', 'b-service'] });

  it.each([['a-service'], ['b-service'], [['x', 'b-service']]])('accepts a token for %j', async (aud) => {
    expect(await codeOf(several().verify(handMadeToken({ claims: { aud } })))).toBe('valid');
  });

  it.each(['logging-service', [], ['x', 'y'], undefined])('rejects a token for %j', (aud) => {
    expect(several().verify(handMadeToken({ claims: { aud } }))).toMatchObject({ code: 'invalid_audience' });
  });

  it('names every audience in the hint', () => {
    expect(several().verify(handMadeToken())).toMatchObject({
      hint: expect.stringContaining('"a-service" or "b-service"'),
    });
  });
});

describe('TokenVerifier with a key set', () => {
  it.each(PUBLIC_ALGORITHMS)('accepts a token that jose signed with %s', async (algorithm) => {
    const token = await keyOf(algorithm).sign({ scope: 'a' }, { typ: 'at+jwt' });
    expect(await verifier({ jwksUri: JWKS }).verify(token)).toMatchObject({
      code: 'valid',
      claims: { sub: 'user-42', scope: 'a' },
    });
  });

  it('returns the result without a promise once the keys are known', async () => {
    const known = verifier({ jwksUri: JWKS });
    const token = await keyOf('ES256').sign();
    await known.verify(token);
    expect(known.verify(token)).toMatchObject({ code: 'valid' });
    expect(fake.sent).toHaveLength(1);
  });

  it('tries every key of the algorithm if the token has no kid', async () => {
    published = [await JoseKey.make('ES256', 'other'), keyOf('ES256'), keyOf('RS256')];
    const token = await keyOf('ES256').sign({}, { kid: undefined });
    expect(await codeOf(verifier({ jwksUri: JWKS }).verify(token))).toBe('valid');
  });

  it.each(PUBLIC_ALGORITHMS)(
    'rejects a %s token whose kid is published with another key',
    async (algorithm) => {
      const otherKey = await JoseKey.make(algorithm, algorithm);
      expect(await codeOf(verifier({ jwksUri: JWKS }).verify(await otherKey.sign()))).toBe(
        'invalid_signature',
      );
    },
  );

  it.each(PUBLIC_ALGORITHMS)('rejects an HMAC whose secret is the public key of %s', async (algorithm) => {
    const known = verifier({ jwksUri: JWKS });
    await known.verify(await keyOf(algorithm).sign());
    const { jwk } = keyOf(algorithm);
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const texts = [
      key.export({ format: 'pem', type: 'spki' }).toString(),
      key.export({ format: 'pem', type: 'spki' }).toString().trim(),
      key.export({ format: 'der', type: 'spki' }),
      JSON.stringify(jwk),
    ];
    for (const secret of texts) {
      for (const alg of SHARED_ALGORITHMS) {
        const header = JSON.stringify({ alg, typ: 'JWT', kid: algorithm });
        const token = signedParts(header, JSON.stringify(VALID_CLAIMS), secret, alg);
        expect(await codeOf(known.verify(token))).toBe('invalid_signature');
      }
    }
  });

  it('rejects RS256 with a key that is published for PS256', async () => {
    const pss = await JoseKey.make('PS256', 'rsa');
    published = [pss];
    const known = verifier({ jwksUri: JWKS });
    expect(await codeOf(known.verify(await pss.sign()))).toBe('valid');
    const [, claims = '', signature = ''] = (await pss.sign()).split('.');
    const header = Buffer.from('{"alg":"RS256","kid":"rsa"}').toString('base64url');
    expect(await codeOf(known.verify(`${header}.${claims}.${signature}`))).toBe('invalid_signature');
  });

  it('accepts only the listed algorithms, and fetches nothing for other algorithms', async () => {
    const strict = verifier({ jwksUri: JWKS, algorithms: ['ES384'] });
    expect(await codeOf(strict.verify(await keyOf('ES256').sign()))).toBe('invalid_signature');
    expect(fake.sent).toHaveLength(0);
    expect(await codeOf(strict.verify(await keyOf('ES384').sign()))).toBe('valid');
  });

  it('fetches nothing for a malformed token', async () => {
    expect(await codeOf(verifier({ jwksUri: JWKS }).verify('a.b.c'))).toBe('malformed_token');
    expect(fake.sent).toHaveLength(0);
  });

  it('finds the keys by discovery', async () => {
    const issuer = 'https://issuer.example';
    fake.answer = ({ url }: SentRequest) =>
      url.endsWith('openid-configuration') ? json({ issuer, jwks_uri: JWKS }) : publish();
    const token = await keyOf('EdDSA').sign({ iss: issuer });
    expect(await codeOf(verifier({ issuer, discover: true }).verify(token))).toBe('valid');
  });

  it('fetches once for many tokens with unknown keys, and verifies other tokens meanwhile', async () => {
    const known = verifier({ jwksUri: JWKS });
    const valid = await keyOf('ES256').sign();
    const unknown = await (await JoseKey.make('ES256', 'unknown')).sign();
    await known.verify(valid);
    clock.advance(30);
    const late = new LateResponse();
    fake.answer = () => late.promise;
    const storm = Array.from({ length: 300 }, (_, index) =>
      known.verify(
        index % 2 === 0 ? unknown : handMadeToken({ header: { alg: 'ES256', kid: `kid-${index}` } }),
      ),
    );
    expect(known.verify(valid)).toMatchObject({ code: 'valid' });
    late.give(publish());
    expect(new Set(await Promise.all(storm.map(codeOf)))).toEqual(new Set(['invalid_signature']));
    expect(fake.sent).toHaveLength(2);
    expect(known.verify(unknown)).toMatchObject({ code: 'invalid_signature' });
    expect(fake.sent).toHaveLength(2);
  });

  it('accepts the next key of the issuer 30 seconds after the last fetch', async () => {
    const known = verifier({ jwksUri: JWKS });
    await known.verify(await keyOf('ES256').sign());
    const next = await JoseKey.make('ES256', 'next');
    published = [next, ...published];
    const token = await next.sign();
    expect(await codeOf(known.verify(token))).toBe('invalid_signature');
    clock.advance(30);
    expect(await codeOf(known.verify(token))).toBe('valid');
    expect(await codeOf(known.verify(await keyOf('ES256').sign()))).toBe('valid');
  });

  it('rejects a key that the issuer no longer publishes, 300 seconds after the fetch', async () => {
    const known = verifier({ jwksUri: JWKS });
    const token = await keyOf('ES256').sign();
    await known.verify(token);
    published = [await JoseKey.make('ES256', 'next')];
    clock.advance(300);
    expect(await codeOf(known.verify(token))).toBe('invalid_signature');
  });

  it('keeps verifying with the known keys during an outage', async () => {
    const known = verifier({ jwksUri: JWKS });
    const token = await keyOf('ES256').sign({ exp: NEW_YEAR + 100_000 });
    await known.verify(token);
    fake.answer = connectionRefused;
    for (let hour = 0; hour < 23; hour++) {
      clock.advance(3600);
      expect(await codeOf(known.verify(token))).toBe('valid');
    }
    expect(log.warnings).toEqual([`Keys could not be fetched: ${JWKS}: ECONNREFUSED`]);
  });

  it('returns "unavailable" until it has fetched keys for the first time', async () => {
    fake.answer = connectionRefused;
    const fresh = verifier({ jwksUri: JWKS });
    const token = await keyOf('ES256').sign();
    expect(await fresh.verify(token)).toEqual({
      code: 'unavailable',
      hint: expect.stringContaining('could not be fetched'),
      retryAfterSeconds: 1,
    });
    expect(fresh.verify(token)).toMatchObject({ code: 'unavailable' });
    expect(fake.sent).toHaveLength(1);
    fake.answer = publish;
    clock.advance(1);
    expect(await codeOf(fresh.verify(token))).toBe('valid');
  });
});

describe('TokenVerifier with secrets and a key set', () => {
  const both = (): TokenVerifier =>
    verifier({ secrets: [SECRET], jwksUri: JWKS, algorithms: ['HS256', 'ES256'] });

  it('accepts HS256 with a secret and ES256 with a published key', async () => {
    expect(await codeOf(both().verify(handMadeToken()))).toBe('valid');
    expect(await codeOf(both().verify(await keyOf('ES256').sign()))).toBe('valid');
  });

  it('verifies HMAC tokens without fetching keys, even while the issuer is unavailable', async () => {
    fake.answer = connectionRefused;
    const known = both();
    expect(known.verify(handMadeToken())).toMatchObject({ code: 'valid' });
    expect(known.verify(handMadeToken({ secret: PREVIOUS_SECRET }))).toMatchObject({
      code: 'invalid_signature',
    });
    expect(fake.sent).toHaveLength(0);
    expect(await codeOf(known.verify(await keyOf('ES256').sign()))).toBe('unavailable');
  });
});

describe('TokenVerifier with introspection', () => {
  const introspection = { endpoint: INTROSPECT, clientId: 'logging-service', clientSecret: 'marker' };
  const asking = (): TokenVerifier => verifier({ secrets: [SECRET], introspection });

  it.each([
    ['valid', () => json({ active: true })],
    ['token_revoked', () => json({ active: false })],
    ['unavailable', connectionRefused],
  ])('returns %s', async (code, respond) => {
    fake.answer = respond;
    expect(await codeOf(asking().verify(handMadeToken()))).toBe(code);
  });

  it('returns the result without a promise while the response is cached', async () => {
    fake.answer = () => json({ active: false });
    const known = asking();
    await known.verify(handMadeToken());
    expect(known.verify(handMadeToken())).toEqual({
      code: 'token_revoked',
      hint: expect.stringContaining('no longer active'),
    });
  });

  it('sends no request for a token that is invalid anyway', async () => {
    const known = asking();
    for (const difference of [
      { secret: PREVIOUS_SECRET },
      { claims: { exp: NEW_YEAR } },
      { claims: { aud: 'x' } },
    ]) {
      await known.verify(handMadeToken(difference));
    }
    expect(fake.sent).toEqual([]);
  });

  it('introspects a token that a published key signed', async () => {
    fake.answer = ({ url }) => (url === JWKS ? publish() : json({ active: false }));
    const known = verifier({ jwksUri: JWKS, introspection });
    expect(await codeOf(known.verify(await keyOf('ES256').sign()))).toBe('token_revoked');
  });

  it('logs an outage without the client secret', async () => {
    fake.answer = connectionRefused;
    await asking().verify(handMadeToken());
    expect(log.warnings).toEqual([`Introspection failed: ${INTROSPECT}: ECONNREFUSED`]);
    expect(log.text).not.toContain('marker');
  });
});
