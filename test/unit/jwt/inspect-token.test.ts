import { describe, expect, it } from '@jest/globals';
import { inspectToken } from '../../../src/jwt/inspect-token.js';
import { KeyRing, type KeyRingOptions } from '../../../src/keys/key-ring.js';
import { type Difference, handMadeToken, readToken } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

const ring = (changes: Partial<KeyRingOptions> = {}): KeyRing =>
  new KeyRing({
    issuer: 'identity-backend',
    algorithms: ['HS256'],
    secret: SECRET,
    previousSecrets: [PREVIOUS_SECRET],
    ...changes,
  });

/** The result of the inspection: `verified`, `unknown`, or `undefined` for no result. */
function finding(token: string, keys = ring()): string | undefined {
  const examined = inspectToken(token, keys);
  if (examined) expect(examined.claims).toEqual(readToken(token).claims);
  return examined && (examined.isVerified ? 'verified' : 'unknown');
}

/** The key ID of the secret that signs. */
function keyIdOf(keys: KeyRing): string {
  return keys.signing('HS256')?.id ?? '';
}

describe('inspectToken', () => {
  it.each<[string, Difference]>([
    ['by the current secret', {}],
    ['by a previous secret', { secret: PREVIOUS_SECRET }],
    ['of another issuer', { claims: { iss: 'elsewhere' } }],
    ['that has expired', { claims: { exp: 1 } }],
    ['that is not yet valid', { claims: { iat: NEW_YEAR * 2, nbf: NEW_YEAR * 2 } }],
    ['for the service itself', { claims: { aud: 'identity-backend' } }],
    ['with an unknown kid', { header: { kid: 'unknown' } }],
  ])('verifies a token %s', (_name, difference) => {
    expect(finding(handMadeToken(difference))).toBe('verified');
  });

  it.each<[string, Difference]>([
    ['by another secret', { secret: 'another secret, as long as it has to be' }],
    ['by another secret, with an unknown kid', { secret: 'another secret', header: { kid: 'unknown' } }],
    ['with an algorithm that is not in use', { algorithm: 'HS512' }],
  ])('returns the claims as unverified for a token %s', (_name, difference) => {
    expect(finding(handMadeToken(difference))).toBe('unknown');
  });

  it('rejects a token whose kid names another key than the one that signed it', () => {
    const keys = ring();
    const header = { kid: keyIdOf(keys) };
    expect(finding(handMadeToken({ header }), keys)).toBe('verified');
    expect(finding(handMadeToken({ header, secret: PREVIOUS_SECRET }), keys)).toBeUndefined();
  });

  it('returns the claims as unverified if the kid belongs to another algorithm', () => {
    const keys = ring({ algorithms: ['HS256', 'HS512'] });
    const header = { kid: keyIdOf(keys) };
    expect(finding(handMadeToken({ header, algorithm: 'HS512' }), keys)).toBe('unknown');
  });

  it.each(['', 'x', 'a.b.c', `${handMadeToken()} `, handMadeToken({ header: { crit: ['exp'] } })])(
    'rejects a malformed token: %j',
    (token) => {
      expect(finding(token)).toBeUndefined();
    },
  );
});
