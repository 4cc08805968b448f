import { describe, expect, it } from '@jest/globals';
import { KeyRing, type KeyRingOptions } from '../../../src/keys/key-ring.js';
import { handMadeToken, readToken } from '../../support/hand-made-token.js';
import { FORMER_SECRET, SECRET } from '../../support/settings.js';

const ring = (changes: Partial<KeyRingOptions> = {}): KeyRing =>
  new KeyRing({
    issuer: 'identity-backend',
    algorithms: ['HS256'],
    secret: SECRET,
    previousSecrets: [],
    ...changes,
  });

describe('KeyRing', () => {
  it('signs with the first algorithm and the current secret', () => {
    const keys = ring({ algorithms: ['HS512', 'HS256'], previousSecrets: [FORMER_SECRET] });
    const { header } = readToken(keys.signing.sign({ exp: 1 }));
    expect(header).toEqual({ alg: 'HS512', typ: 'JWT', kid: keys.signing.id });
    expect(keys.signing.id).toBe(ring({ algorithms: ['HS512'] }).signing.id);
  });

  it('needs an algorithm', () => {
    expect(() => ring({ algorithms: [] })).toThrow(RangeError);
  });

  it('tries one key where the kid is known', () => {
    const keys = ring({ previousSecrets: [FORMER_SECRET] });
    const former = ring({ secret: FORMER_SECRET }).signing;
    for (const id of [keys.signing.id, former.id]) {
      const candidates = keys.candidates('HS256', id);
      expect(candidates.keyIdKnown).toBe(true);
      expect(candidates.keys.map((key) => key.id)).toEqual([id]);
    }
  });

  it.each([
    ['missing', undefined],
    ['unknown', 'key-of-another-service'],
    ['empty', ''],
    ['a name of Object.prototype', 'constructor'],
  ])('tries every secret of the algorithm where the kid is %s', (_name, kid) => {
    const keys = ring({ algorithms: ['HS256', 'HS384'], previousSecrets: [FORMER_SECRET, 'a third secret'] });
    const candidates = keys.candidates('HS384', kid);
    expect(candidates.keyIdKnown).toBe(false);
    expect(candidates.keys.map(({ algorithm }) => algorithm)).toEqual(['HS384', 'HS384', 'HS384']);
  });

  it('tries nothing where the kid is known for another algorithm', () => {
    const keys = ring({ algorithms: ['HS256', 'HS384'] });
    expect(keys.candidates('HS384', keys.signing.id)).toEqual({ keys: [], keyIdKnown: true });
  });

  it.each(['HS384', 'HS512', 'RS256', 'ES256', 'EdDSA'] as const)(
    'tries nothing for %s where it is not in use',
    (alg) => {
      expect(ring().candidates(alg, undefined)).toEqual({ keys: [], keyIdKnown: false });
    },
  );

  it('verifies with former secrets, and never signs with one', () => {
    const keys = ring({ previousSecrets: [FORMER_SECRET] });
    const isVerified = (token: string): boolean =>
      keys.candidates('HS256', undefined).keys.some((key) => key.verifies(token));
    expect(isVerified(handMadeToken({ secret: FORMER_SECRET }))).toBe(true);
    expect(isVerified(handMadeToken({ secret: 'a secret that was never in force, ever' }))).toBe(false);
    expect(ring({ secret: FORMER_SECRET }).signing.verifies(keys.signing.sign({}))).toBe(false);
  });
});
