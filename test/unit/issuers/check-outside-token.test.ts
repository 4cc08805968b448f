import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CheckContext, checkOutsideToken } from '../../../src/issuers/check-outside-token.js';
import { IssuerKeySet } from '../../../src/issuers/issuer-key-set.js';
import type { TrustedIssuer } from '../../../src/issuers/trusted-issuer.js';
import { parseOutsideJws } from '../../../src/jwt/compact-jws.js';
import { type AssertionAlgorithm, type ClientKey, makeClientKey } from '../../support/client-assertion.js';
import { issuerOf } from '../../support/issuer-values.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { OutsideIssuer } from '../../support/outside-issuer.js';

const ALGORITHMS: readonly AssertionAlgorithm[] = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'];

const context: CheckContext = {
  use: 'jwt_bearer',
  now: NEW_YEAR,
  ownIssuer: 'identity-backend',
  isTokenEndpoint: () => false,
  isClient: () => false,
  isPrefixed: () => false,
};

const issuer = new OutsideIssuer('corporate');

/** The check that refuses a token; `accepted` if none does. */
function verdict(
  token: string,
  jwks: readonly object[],
  entry: Partial<TrustedIssuer> = {},
  changes: Partial<CheckContext> = {},
): string {
  const jws = parseOutsideJws(token);
  if (typeof jws === 'string') return 'form';
  const all = issuerOf({ algorithms: ALGORITHMS, ...entry });
  const outcome = checkOutsideToken(jws, all, IssuerKeySet.read(jwks, 'sig'), { ...context, ...changes });
  return 'check' in outcome ? outcome.check : 'accepted';
}

describe('the keys of an issuer', () => {
  const keys = new Map<AssertionAlgorithm, ClientKey>();
  beforeAll(() => {
    for (const algorithm of ALGORITHMS) keys.set(algorithm, makeClientKey(algorithm, { kid: algorithm }));
  });
  const keyOf = (algorithm: AssertionAlgorithm): ClientKey => keys.get(algorithm) ?? makeClientKey(algorithm);

  it.each(ALGORITHMS)('verify %s by kid, and without a kid if one key alone fits', (algorithm) => {
    const key = keyOf(algorithm);
    const others = ALGORITHMS.filter((name) => name !== algorithm).map((name) => keyOf(name).jwk);
    expect(verdict(issuer.token({}, { key }), [...others, key.jwk])).toBe('accepted');
    const withoutId = issuer.token({}, { key, header: { kid: undefined } });
    expect(verdict(withoutId, [key.jwk])).toBe('accepted');
    expect(verdict(withoutId, [key.jwk, makeClientKey(algorithm).jwk])).toBe('key');
  });

  it('verify no other algorithm than the one that their JWK names', () => {
    const key = keyOf('RS256');
    const token = issuer.token({}, { key: { ...keyOf('RS256'), algorithm: 'PS256' } });
    expect(verdict(token, [key.jwk])).toBe('accepted');
    expect(verdict(token, [{ ...key.jwk, alg: 'RS256' }])).toBe('algorithm');
    expect(verdict(token, [key.jwk], { algorithms: ['RS256'] })).toBe('algorithm');
  });

  it('are usable under either name of Ed25519', () => {
    const key = keyOf('EdDSA');
    const token = issuer.token({}, { key, header: { alg: 'Ed25519' } });
    for (const algorithms of [['EdDSA'], ['Ed25519']]) {
      expect(verdict(token, [key.jwk], { algorithms })).toBe('accepted');
    }
  });

  it('are not used if they are weak, next to valid ones', () => {
    const key = keyOf('ES256');
    const weak = { kty: 'RSA', kid: 'weak', n: 'AQAB', e: 'AQ' };
    expect(verdict(issuer.token({}, { key }), [weak, key.jwk])).toBe('accepted');
    expect(verdict(issuer.token({}, { key, header: { kid: 'weak' } }), [weak, key.jwk])).toBe('key');
  });
});

describe('a changed token', () => {
  it('is never accepted', () => {
    const token = issuer.token();
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'AZaz09-_.= '), (index, character) => {
        const changed = token.slice(0, index) + character + token.slice(index + 1);
        fc.pre(changed !== token);
        expect(verdict(changed, [issuer.key.jwk])).not.toBe('accepted');
      }),
      { numRuns: 300 },
    );
  });
});

describe('the claims', () => {
  it('are refused if any rule is violated, whatever else holds', () => {
    const time = fc.integer({ min: NEW_YEAR - 200, max: NEW_YEAR + 400 });
    const claims = fc.record({
      exp: time,
      iat: fc.option(time, { nil: undefined }),
      nbf: fc.option(time, { nil: undefined }),
      aud: fc.constantFrom<unknown>('identity-backend', ['x', 'identity-backend'], 'x', undefined),
      sub: fc.constantFrom<unknown>('alice', '', undefined, 'x'.repeat(300)),
    });
    fc.assert(
      fc.property(claims, fc.integer({ min: 1, max: 300 }), (changes, maxLifetimeSeconds) => {
        const { exp, iat = NEW_YEAR, nbf = NEW_YEAR, aud, sub } = changes;
        const isTimely =
          exp > NEW_YEAR && Math.max(iat, nbf) <= NEW_YEAR + 30 && exp - iat <= maxLifetimeSeconds;
        const isForUs = aud !== 'x' && aud !== undefined;
        const expected = !isTimely
          ? 'times'
          : !isForUs
            ? 'audience'
            : sub !== 'alice'
              ? 'subject'
              : 'accepted';
        expect(verdict(issuer.token(changes), [issuer.key.jwk], { maxLifetimeSeconds })).toBe(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('do not count before the signature is verified', () => {
    const forged = new OutsideIssuer('corporate').token({ exp: NEW_YEAR - 1, aud: 'x', sub: '' });
    expect(verdict(forged, [issuer.key.jwk])).toBe('signature');
  });
});
