import { describe, expect, it } from '@jest/globals';
import { verifyToken } from '../../../src/jwt/verify-token.js';
import { SharedKey } from '../../../src/keys/shared-key.js';
import { base64Url, handMadeToken, readToken, signed } from '../../support/hand-made-token.js';
import { SECRET } from '../../support/settings.js';
import { testData } from '../../support/test-data.js';

interface Vector {
  readonly jwk: { readonly k: string };
  readonly token: string;
}

const rfc7515 = testData<{ 'A.1': Vector; 'A.5': Pick<Vector, 'token'> }>('rfc7515-appendix-a.json');
const rfc7520 = testData<Vector>('rfc7520-4.4.json');

/** The secrets of the RFCs are bytes, not text; Node accepts bytes in place of text. */
const keyOf = ({ jwk }: Vector): SharedKey =>
  new SharedKey(Buffer.from(jwk.k, 'base64url') as unknown as string, 'HS256');

describe('SharedKey', () => {
  it.each(['HS256', 'HS384', 'HS512'] as const)(
    'makes the same signature as node:crypto with %s',
    (algorithm) => {
      const token = new SharedKey(SECRET, algorithm).sign({ exp: 1, sub: 'José 東京' });
      const input = token.slice(0, token.lastIndexOf('.'));
      expect(token).toBe(signed(input, SECRET, algorithm));
      expect(readToken(token)).toMatchObject({
        header: { alg: algorithm },
        claims: { exp: 1, sub: 'José 東京' },
      });
    },
  );

  it.each(['HS256', 'HS384', 'HS512'] as const)('verifies %s and no other algorithm', (algorithm) => {
    const key = new SharedKey(SECRET, algorithm);
    for (const other of ['HS256', 'HS384', 'HS512']) {
      expect(key.verifies(handMadeToken({ algorithm: other }))).toBe(other === algorithm);
    }
  });

  it.each([
    ['with non-ASCII characters', 'Grüße, 東京, and more to have thirty-two bytes'],
    ['with spaces around it', '  a secret with spaces around it that count  '],
    ['with a comma, quotes and a newline at its end', 'a secret, "quoted", with more of it behind\n'],
    ['in base64url', 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T'],
  ])('uses a secret %s byte for byte', (_name, secret) => {
    const key = new SharedKey(secret, 'HS256');
    expect(key.verifies(handMadeToken({ secret }))).toBe(true);
    expect(key.verifies(handMadeToken({ secret: secret.trim().replace('"', '') }))).toBe(
      secret === secret.trim().replace('"', ''),
    );
  });

  it('verifies a signature regardless of exp and nbf', () => {
    const key = new SharedKey(SECRET, 'HS256');
    expect(key.verifies(handMadeToken({ claims: { exp: 1, nbf: 9_999_999_999 } }))).toBe(true);
  });

  it.each(['', 'a', 'a.b.c', 'e30.e30.', `${base64Url('{"alg":"none"}')}.${base64Url('{"exp":1}')}.`])(
    'does not verify %j',
    (token) => {
      expect(new SharedKey(SECRET, 'HS256').verifies(token)).toBe(false);
    },
  );

  it('has an ID of 16 characters that depends on the secret and the algorithm', () => {
    const ids = [
      new SharedKey(SECRET, 'HS256').id,
      new SharedKey(SECRET, 'HS384').id,
      new SharedKey(`${SECRET}!`, 'HS256').id,
    ];
    expect(new Set(ids).size).toBe(3);
    expect(new SharedKey(SECRET, 'HS256').id).toBe(ids[0]);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{16}$/);
  });

  describe('with the test vectors of RFCs', () => {
    it('verifies RFC 7515 A.1, but not with a changed signature or another secret', () => {
      const { token } = rfc7515['A.1'];
      expect(keyOf(rfc7515['A.1']).verifies(token)).toBe(true);
      expect(keyOf(rfc7515['A.1']).verifies(token.replace(/\.d/, '.e'))).toBe(false);
      expect(new SharedKey(SECRET, 'HS256').verifies(token)).toBe(false);
    });

    it('verifies RFC 7520 section 4.4, whose payload is not JSON', () => {
      expect(keyOf(rfc7520).verifies(rfc7520.token)).toBe(true);
      expect(keyOf(rfc7515['A.1']).verifies(rfc7520.token)).toBe(false);
    });

    it('does not verify RFC 7515 A.5, which is an unsecured JWS', () => {
      expect(keyOf(rfc7515['A.1']).verifies(rfc7515['A.5'].token)).toBe(false);
    });

    const EXP = 1_300_819_380;

    it.each([
      ['rejects RFC 7515 A.1 as expired', rfc7515['A.1'].token, EXP, 'token_expired'],
      [
        'rejects RFC 7515 A.1 for its missing aud a second before that',
        rfc7515['A.1'].token,
        EXP - 1,
        'invalid_audience',
      ],
      ['rejects RFC 7515 A.5 as malformed', rfc7515['A.5'].token, EXP - 1, 'malformed_token'],
      ['rejects RFC 7520 section 4.4 as malformed', rfc7520.token, EXP - 1, 'malformed_token'],
    ])('%s', (_name, token, at, code) => {
      const keys = {
        candidates: () => ({ keys: [keyOf(rfc7515['A.1']), keyOf(rfc7520)], keyIdKnown: false }),
      };
      const expected = { issuer: 'joe', audience: 'a-service', toleranceSeconds: 0, allows: () => true };
      expect(verifyToken(token, keys, expected, at * 1000).code).toBe(code);
    });
  });
});
