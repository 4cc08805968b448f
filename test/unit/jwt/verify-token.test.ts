import { describe, expect, it } from '@jest/globals';
import { verifyToken, type Expectations, type VerificationKey } from '../../../src/jwt/verify-token.js';
import type { RefusedToken, VerificationResult } from '../../../src/jwt/verification-result.js';
import { KeyRing } from '../../../src/keys/key-ring.js';
import { base64Url, VALID_CLAIMS, handMadeToken, signedParts } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

const keys = new KeyRing({
  issuer: 'identity-backend',
  algorithms: ['HS256', 'HS384'],
  secret: SECRET,
  previousSecrets: [PREVIOUS_SECRET],
});
const keyId = keys.signing('HS256')?.id ?? '';

const EXPECTED: Expectations = {
  issuer: 'identity-backend',
  audience: 'logging-service',
  toleranceSeconds: 0,
  allows: () => true,
};

/** @param at seconds since 1970 */
function verify(token: string, changes: Partial<Expectations> = {}, at = NEW_YEAR): VerificationResult {
  return verifyToken(token, keys, { ...EXPECTED, ...changes }, at * 1000);
}

function withMac(token: string, change: (mac: Buffer) => Buffer): string {
  return token.replace(/[^.]*$/, (mac) => change(Buffer.from(mac, 'base64url')).toString('base64url'));
}

function hintOf(verdict: VerificationResult): string {
  return (verdict as RefusedToken).hint;
}

const verifyClaims = (
  claims: Record<string, unknown>,
  changes: Partial<Expectations> = {},
  at = NEW_YEAR,
): VerificationResult => verify(handMadeToken({ claims }), changes, at);

describe('verifyToken', () => {
  it('accepts a valid token and returns every claim unchanged', () => {
    const claims = { scope: 'a b', further: { deep: [1, null] } };
    expect(verifyClaims(claims)).toEqual({ code: 'valid', claims: { ...VALID_CLAIMS, ...claims } });
  });

  it('returns the same result for the same input', () => {
    const token = handMadeToken({ claims: { exp: NEW_YEAR } });
    expect(verify(token)).toEqual(verify(token));
  });

  describe('the order of the checks', () => {
    const faults = [
      ['malformed_token', { claims: { sub: 1 } }],
      ['invalid_signature', { secret: 'another secret of at least thirty-two bytes' }],
      ['token_not_yet_valid', { claims: { nbf: NEW_YEAR + 60 } }],
      ['token_expired', { claims: { exp: NEW_YEAR - 60 } }],
      ['invalid_issuer', { claims: { iss: 'another-issuer' } }],
      ['invalid_audience', { claims: { aud: 'another-service' } }],
      ['token_revoked', {}],
    ] as const;
    const revoked = (): string => 'It was revoked.';

    it.each(faults)('returns %s if that check and every later one fail', (code, _fault) => {
      const remaining = faults.slice(faults.findIndex(([each]) => each === code));
      const secrets = remaining.flatMap(([, fault]) => ('secret' in fault ? [fault.secret] : []));
      const claims = Object.assign(
        {},
        ...remaining.map(([, fault]) => ('claims' in fault ? fault.claims : {})),
      ) as Record<string, unknown>;
      const [secret = SECRET] = secrets;
      expect(verify(handMadeToken({ claims, secret }), { revoked }).code).toBe(code);
    });

    it.each(faults)('returns %s if only that check fails', (code, fault) => {
      expect(verify(handMadeToken(fault), code === 'token_revoked' ? { revoked } : {}).code).toBe(code);
    });

    it('checks revocation only for a token that is otherwise valid', () => {
      const asked: unknown[] = [];
      const ask = (claims: unknown): undefined => void asked.push(claims);
      verifyClaims({ exp: NEW_YEAR }, { revoked: ask });
      verifyClaims({ aud: 'another-service' }, { revoked: ask });
      expect(asked).toEqual([]);
      expect(verifyClaims({}, { revoked: ask }).code).toBe('valid');
      expect(asked).toEqual([VALID_CLAIMS]);
    });
  });

  describe('expiry', () => {
    it.each([
      ['valid', 0, -1],
      ['valid', 0, -0.001],
      ['token_expired', 0, 0],
      ['token_expired', 0, 0.001],
      ['token_expired', 0, 1],
      ['valid', 60, 59.999],
      ['token_expired', 60, 60],
      ['token_expired', 60, 61],
    ])('returns %s with a tolerance of %d s, %d s after exp', (code, toleranceSeconds, after) => {
      expect(verifyClaims({}, { toleranceSeconds }, VALID_CLAIMS.exp + after).code).toBe(code);
    });

    it.each([
      [1, '1 second'],
      [2, '2 seconds'],
      [0.25, '0 seconds'],
      [12.5, '12 seconds'],
      [86_400, '86400 seconds'],
    ])('is described %d s after exp as "%s"', (after, words) => {
      const hint = hintOf(verifyClaims({}, {}, VALID_CLAIMS.exp + after));
      expect(hint).toContain(`expired ${words} ago`);
    });

    it('is counted from exp, not from the end of the tolerance', () => {
      expect(hintOf(verifyClaims({}, { toleranceSeconds: 30 }, VALID_CLAIMS.exp + 40))).toContain(
        '40 seconds ago',
      );
    });

    it('counts fractions of a second', () => {
      expect(verifyClaims({ exp: NEW_YEAR + 0.5 }, {}, NEW_YEAR + 0.4).code).toBe('valid');
      expect(verifyClaims({ exp: NEW_YEAR + 0.5 }, {}, NEW_YEAR + 0.5).code).toBe('token_expired');
    });

    it.each([Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, 1e300])('is in the future if exp is %d', (exp) => {
      expect(verifyClaims({ exp }).code).toBe('valid');
    });

    it.each([0, -1, -Number.MAX_VALUE, Number.MIN_VALUE])('is in the past if exp is %d', (exp) => {
      expect(verifyClaims({ iat: undefined, exp }).code).toBe('token_expired');
    });

    it.each(['1e400', '-1e400', '"1767226500"', 'null', 'true', '[]', '{}'])(
      'is malformed if exp is %s',
      (exp) => {
        expect(verify(signedParts('{"alg":"HS256"}', `{"exp":${exp}}`)).code).toBe('malformed_token');
      },
    );
  });

  describe('not yet valid', () => {
    it.each(['iat', 'nbf'])('until %s, less the tolerance', (name) => {
      const verdictAt = (at: number, toleranceSeconds: number): string =>
        verifyClaims({ iat: undefined, [name]: NEW_YEAR + 60 }, { toleranceSeconds }, at).code;
      expect(verdictAt(NEW_YEAR + 59.999, 0)).toBe('token_not_yet_valid');
      expect(verdictAt(NEW_YEAR + 60, 0)).toBe('valid');
      expect(verdictAt(NEW_YEAR, 60)).toBe('valid');
      expect(verdictAt(NEW_YEAR - 0.001, 60)).toBe('token_not_yet_valid');
    });

    it('until the later of iat and nbf', () => {
      expect(hintOf(verifyClaims({ iat: NEW_YEAR + 5, nbf: NEW_YEAR + 90 }))).toContain(
        'valid in 90 seconds',
      );
      expect(hintOf(verifyClaims({ iat: NEW_YEAR + 90, nbf: NEW_YEAR + 5 }))).toContain(
        'valid in 90 seconds',
      );
    });

    it.each([
      [1, '1 second'],
      [0.5, '1 second'],
      [61, '61 seconds'],
    ])('is described %d s before as "%s"', (before, words) => {
      expect(hintOf(verifyClaims({ nbf: NEW_YEAR + before }))).toContain(`valid in ${words};`);
    });

    it('has precedence over expired if a token is both', () => {
      expect(verifyClaims({ nbf: NEW_YEAR + 60, exp: NEW_YEAR - 60 }).code).toBe('token_not_yet_valid');
    });
  });

  describe('the issuer', () => {
    it('is named in the hint together with the expected one', () => {
      const hint = hintOf(verifyClaims({ iss: 'another-issuer' }));
      expect(hint).toContain('"another-issuer"');
      expect(hint).toContain('"identity-backend"');
    });

    it('is named with the advice of the receiver', () => {
      expect(hintOf(verifyClaims({ iss: 'x' }, { issuerAdvice: 'see the options' }))).toMatch(
        /"x", "identity-backend" is expected; see the options\.$/,
      );
    });

    it.each([undefined, '', 'Identity-Backend', 'identity-backend ', 'identity-backend/'])(
      'does not match %j',
      (iss) => {
        expect(verifyClaims({ iss }).code).toBe('invalid_issuer');
      },
    );

    it.each([1, null, ['identity-backend']])('is malformed if it is %j', (iss) => {
      expect(verifyClaims({ iss }).code).toBe('malformed_token');
    });
  });

  describe('the audience', () => {
    it.each([['logging-service'], [['logging-service']], [['a', 'logging-service', 'b']]])(
      'matches %j',
      (aud) => {
        expect(verifyClaims({ aud }).code).toBe('valid');
      },
    );

    it.each([undefined, [], '', 'logging', 'logging-service ', 'LOGGING-SERVICE', ['logging', 'service']])(
      'does not match %j',
      (aud) => {
        expect(verifyClaims({ aud }).code).toBe('invalid_audience');
      },
    );

    it.each([1, null, {}, [1], ['logging-service', 1], [['logging-service']]])(
      'is malformed if it is %j',
      (aud) => {
        expect(verifyClaims({ aud }).code).toBe('malformed_token');
      },
    );

    it('is named in the hint together with the expected one', () => {
      const hint = hintOf(verifyClaims({ aud: ['a-service', 'b-service'] }));
      expect(hint).toContain('"a-service", "b-service"');
      expect(hint).toContain('"logging-service"');
    });

    it('can be any if none is expected, but cannot be an empty list', () => {
      expect(verifyClaims({ aud: 'a-service' }, { audience: undefined }).code).toBe('valid');
      expect(verifyClaims({ aud: [] }, { audience: undefined }).code).toBe('invalid_audience');
    });

    it('can be any one of several', () => {
      const several = { audience: ['a-service', 'b-service'] };
      expect(verifyClaims({ aud: ['x', 'b-service'] }, several)).toMatchObject({ code: 'valid' });
      expect(verifyClaims({ aud: 'x' }, several)).toEqual({
        code: 'invalid_audience',
        hint: 'The token is for "x", "a-service" or "b-service" is expected; request a token with that aud.',
      });
      expect(verifyClaims({}, { audience: [] })).toMatchObject({ code: 'invalid_audience' });
    });

    it('is compared by isAudience, if given, and exactly otherwise', () => {
      const [aud, other] = ['https://api.example', 'https://API.example/'];
      const isAudience = (audience: string): boolean => audience === other;
      expect(verifyClaims({ aud: other }, { audience: aud }).code).toBe('invalid_audience');
      expect(verifyClaims({ aud: other }, { audience: aud, isAudience }).code).toBe('valid');
      expect(verifyClaims({ aud: ['x', other] }, { audience: aud, isAudience }).code).toBe('valid');
      expect(verifyClaims({ aud }, { audience: aud, isAudience }).code).toBe('invalid_audience');
      expect(verifyClaims({ aud: [] }, { audience: aud, isAudience }).code).toBe('invalid_audience');
    });

    it('is truncated and escaped in the hint', () => {
      const hint = hintOf(verifyClaims({ aud: `"\n${'audience-'.repeat(250)}` }));
      expect(hint).toContain('"\\"\\naudience-');
      expect(hint.length).toBeLessThan(600);
    });
  });

  describe('the policy of audiences', () => {
    const policy = (allowed: string): Pick<Expectations, 'allows'> => ({
      allows: (audience: string, { algorithm }: VerificationKey) =>
        audience === allowed && algorithm === 'HS256',
    });

    it('applies to every value of aud, not only to the expected one', () => {
      const verdictOf = (aud: string[]): string => verifyClaims({ aud }, policy('logging-service')).code;
      expect(verdictOf(['logging-service'])).toBe('valid');
      expect(verdictOf(['logging-service', 'another-service'])).toBe('invalid_signature');
    });

    it('receives the algorithm of the key', () => {
      const token = handMadeToken({ algorithm: 'HS384' });
      expect(verify(token).code).toBe('valid');
      expect(verify(token, policy('logging-service')).code).toBe('invalid_signature');
    });

    it('is applied before the claims are checked', () => {
      expect(verifyClaims({ exp: 0, iat: 0 }, { allows: () => false }).code).toBe('invalid_signature');
    });
  });

  describe('the signature', () => {
    it.each([
      ['of the current secret', SECRET],
      ['of a previous secret', PREVIOUS_SECRET],
    ])('%s is valid', (_name, secret) => {
      expect(verify(handMadeToken({ secret })).code).toBe('valid');
    });

    it.each([
      ['is empty', (token: string) => token.replace(/[^.]*$/, '')],
      ['is one byte', (token: string) => token.replace(/[^.]*$/, 'AA')],
      ['lacks a byte', (token: string) => withMac(token, (mac) => mac.subarray(0, -1))],
      [
        'has an additional byte',
        (token: string) => withMac(token, (mac) => Buffer.concat([mac, Buffer.alloc(1)])),
      ],
      [
        'belongs to other claims',
        (token: string) => token.replace(/\.[^.]*\./, `.${base64Url('{"exp":9999999999}')}.`),
      ],
      ['belongs to another header', (token: string) => token.replace(/^[^.]*/, base64Url('{"alg":"HS256"}'))],
    ])('is rejected if it %s', (_name, change) => {
      expect(verify(change(handMadeToken())).code).toBe('invalid_signature');
    });

    it.each(['HS512', 'RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'])(
      'is rejected if its algorithm is supported but not in use: %s',
      (alg) => {
        expect(verify(handMadeToken({ header: { alg }, algorithm: 'HS256' })).code).toBe('invalid_signature');
      },
    );

    it.each([
      ['no kid', {}, 'names no kid and 2 keys were tried'],
      ['an unknown kid', { kid: 'marker' }, 'names an unknown kid and 2 keys were tried'],
      ['a known kid', { kid: keyId }, 'names a known kid and 1 key was tried'],
      ['a known kid of another algorithm', { kid: keyId, alg: 'HS384' }, 'a known kid and 0 keys were tried'],
      ['an algorithm without keys', { alg: 'ES256' }, 'names no kid and 0 keys were tried'],
    ])('is rejected with a hint about %s', (_name, header, words) => {
      const hint = hintOf(
        verify(handMadeToken({ header, secret: 'another secret of at least thirty-two bytes' })),
      );
      expect(hint).toContain(words);
      expect(hint).not.toContain('marker');
    });

    it('is rejected with the tried keys in the hint only if describeKeys is given', () => {
      const describeKeys = (tried: readonly VerificationKey[]): string =>
        ` [${tried.map(({ id }) => id).join()}]`;
      const token = handMadeToken({ header: { kid: keyId }, secret: 'x'.repeat(40) });
      expect(hintOf(verify(token, { describeKeys }))).toContain(`[${keyId}]`);
      expect(hintOf(verify(token))).not.toContain(keyId);
    });
  });

  describe('the type', () => {
    const typed = (typ: string | undefined, types: Expectations['types']): string =>
      verify(handMadeToken({ header: { typ } }), { types }).code;

    it.each([
      ['at+jwt', ['at+jwt'], 'valid'],
      ['application/at+jwt', ['at+jwt'], 'valid'],
      ['JWT', ['at+jwt'], 'malformed_token'],
      [undefined, ['at+jwt'], 'malformed_token'],
      [undefined, ['JWT', 'at+jwt'], 'malformed_token'],
      ['JWT', ['JWT', 'at+jwt'], 'valid'],
      [undefined, undefined, 'valid'],
    ] as const)('%s is, if %j is accepted, %s', (typ, types, code) => {
      expect(typed(typ, types)).toBe(code);
    });

    it('is checked before the signature', () => {
      const forged = handMadeToken({ secret: 'another secret of at least thirty-two bytes' });
      expect(verify(forged, { types: ['at+jwt'] })).toEqual({
        code: 'malformed_token',
        hint: 'The typ in the header is not at+jwt.',
      });
    });
  });

  it('names no secret to compare if none verifies the algorithm', () => {
    const hint = hintOf(verify(handMadeToken({ algorithm: 'HS512' })));
    expect(hint).toMatch(/0 keys were tried; no secret here verifies HS512/);
    expect(hint).not.toContain('compare');
    expect(hintOf(verify(handMadeToken({ secret: 'x'.repeat(32) })))).toContain('compare the secret');
  });

  it('returns a hint of one sentence with each rejection', () => {
    const verdicts = [
      verify('a.b.c'),
      verify(handMadeToken({ secret: 'another secret of at least thirty-two bytes' })),
      verifyClaims({ exp: NEW_YEAR }),
      verifyClaims({ nbf: NEW_YEAR + 1 }),
      verifyClaims({ iss: 'x' }),
      verifyClaims({ aud: 'x' }),
    ];
    for (const verdict of verdicts) expect(hintOf(verdict)).toMatch(/^[A-Z][^.]*\.$/);
  });
});
