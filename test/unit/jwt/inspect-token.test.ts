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

/** What the inspection finds: `verified`, `unknown`, or nothing. */
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
    ['as it is', {}],
    ['by a previous secret', { secret: PREVIOUS_SECRET }],
    ['of another issuer', { claims: { iss: 'elsewhere' } }],
    ['that has expired', { claims: { exp: 1 } }],
    ['from the future', { claims: { iat: NEW_YEAR * 2, nbf: NEW_YEAR * 2 } }],
    ['for the service itself', { claims: { aud: 'identity-backend' } }],
    ['that names an unknown key', { header: { kid: 'unknown' } }],
  ])('verifies a token %s', (_name, difference) => {
    expect(finding(handMadeToken(difference))).toBe('verified');
  });

  it.each<[string, Difference]>([
    ['by another secret', { secret: 'another secret, as long as it has to be' }],
    ['by another secret, that names it', { secret: 'another secret', header: { kid: 'unknown' } }],
    ['by an algorithm that is not in force', { algorithm: 'HS512' }],
  ])('does not know the signer of a token %s', (_name, difference) => {
    expect(finding(handMadeToken(difference))).toBe('unknown');
  });

  it('detects that another key signed than the token names', () => {
    const keys = ring();
    const header = { kid: keyIdOf(keys) };
    expect(finding(handMadeToken({ header }), keys)).toBe('verified');
    expect(finding(handMadeToken({ header, secret: PREVIOUS_SECRET }), keys)).toBeUndefined();
  });

  it('leaves open whether a token is ours that names a key which had another algorithm', () => {
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
