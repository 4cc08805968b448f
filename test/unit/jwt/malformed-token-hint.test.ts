import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Algorithm } from '../../../src/jwt/algorithms.js';
import { parseCompactJws } from '../../../src/jwt/compact-jws.js';
import { type Expectations, verifyToken, type VerificationKeys } from '../../../src/jwt/verify-token.js';
import { KeyObjectVerificationKey } from '../../../src/jwt/verification-key.js';
import { malformedTokenHint, signatureLengthFault } from '../../../src/jwt/malformed-token-hint.js';
import { cpuTimeOf } from '../../support/cpu-time.js';
import { base64Url, VALID_CLAIMS, handMadeToken, signed } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';

const TOKEN = handMadeToken();
const [HEADER = '', CLAIMS = '', SIGNATURE = ''] = TOKEN.split('.');
const hintOf = (token: string): string => {
  const parsed = parseCompactJws(token);
  return typeof parsed === 'string' ? parsed : 'none';
};

describe('the hint for a text that is not a compact JWS', () => {
  it.each<[string, string, RegExp]>([
    ['Bearer before it', `Bearer ${TOKEN}`, /such as Bearer/],
    ['bearer in lower case', `bearer ${TOKEN}`, /such as Bearer/],
    ['Bearer after whitespace, and a line end', `  BEARER  ${TOKEN}\n`, /such as Bearer/],
    ['Bearer in quotes', `"Bearer ${TOKEN}"`, /such as Bearer/],
    ['Bearer twice', `Bearer Bearer ${TOKEN}`, /such as Bearer/],
    ['Bearer and a colon', `Bearer: ${TOKEN}`, /such as Bearer/],
    ['a whole header', `Authorization: Bearer ${TOKEN}`, /such as Bearer/],
    ['DPoP before it', `DPoP ${TOKEN}`, /such as Bearer/],
    ['JWT before it', `JWT ${TOKEN}`, /such as Bearer/],
    ['Basic credentials', 'Basic d29ya2VyOnNlY3JldA==', /HTTP Basic/],
    ['a line end after it', `${TOKEN}\n`, /spaces or a line end before or after/],
    ['a Windows line end after it', `${TOKEN}\r\n`, /spaces or a line end before or after/],
    ['a space before it', ` ${TOKEN}`, /spaces or a line end before or after/],
    ['a tab after it', `${TOKEN}\t`, /spaces or a line end before or after/],
    ['a byte order mark before it', `\uFEFF${TOKEN}`, /spaces or a line end before or after/],
    ['only whitespace', ' \n ', /is empty or only whitespace/],
    ['line ends within it', `${HEADER}.\n${CLAIMS}.\n${SIGNATURE}`, /wrapped/],
    ['a space within it', `${HEADER}. ${CLAIMS}.${SIGNATURE}`, /wrapped/],
    ['double quotes', `"${TOKEN}"`, /in quotes/],
    ['single quotes and a line end', `'${TOKEN}'\n`, /in quotes/],
    ['backquotes', `\`${TOKEN}\``, /in quotes/],
    ['curly quotes', `“${TOKEN}”`, /in quotes/],
    ['one quote after it', `${TOKEN}"`, /in quotes/],
    ['one quote before it', `'${TOKEN}`, /in quotes/],
    ['JSON around it', JSON.stringify({ token: TOKEN, token_type: 'Bearer' }), /within JSON/],
    ['indented JSON around it', JSON.stringify({ access_token: TOKEN }, null, 2), /within JSON/],
    ['a list around it', JSON.stringify([TOKEN]), /within JSON/],
    ['a parameter before it', `token=${TOKEN}`, /name of a parameter/],
    ['parameters around it', `access_token=${TOKEN}&token_type=Bearer`, /name of a parameter/],
    ['a query before it', `?access_token=${TOKEN}`, /name of a parameter/],
    ['two tokens joined', `${TOKEN}, ${TOKEN}`, /several tokens/],
    ['percent-encoded dots', TOKEN.replaceAll('.', '%2E'), /percent-encoded/],
    ['a percent-encoded line end', `${TOKEN}%0A`, /percent-encoded/],
    ['an ellipsis', `${TOKEN.slice(0, 20)}…${TOKEN.slice(-10)}`, /shortened/],
    ['three dots', `${TOKEN.slice(0, 20)}...`, /shortened/],
    ['padding', `${HEADER}==.${CLAIMS}.${SIGNATURE}=`, /padding/],
    ['a plus sign', `${HEADER}.${CLAIMS}.+${SIGNATURE.slice(1)}`, /plus signs or slashes/],
    ['a slash', `${HEADER}.${CLAIMS}./${SIGNATURE.slice(1)}`, /plus signs or slashes/],
    ['an invisible character', `${HEADER}.${CLAIMS}.${SIGNATURE}\u200B`, /may be invisible/],
    [
      'a soft hyphen',
      `${HEADER}.${CLAIMS.slice(0, 9)}\u00AD${CLAIMS.slice(9)}.${SIGNATURE}`,
      /may be invisible/,
    ],
    ['a comma after it', `${TOKEN},`, /other than letters/],
    ['no signature', `${HEADER}.${CLAIMS}`, /2 parts of 3/],
    ['half of its claims', `${HEADER}.${CLAIMS.slice(0, 20)}`, /2 parts of 3/],
    ['only its header', HEADER, /1 part of 3/],
    ['the form of an opaque token', '2YotnFZFEjr1zCsicMWpAA', /1 part of 3, joined/],
    ['no header', `.${CLAIMS}.${SIGNATURE}`, /no header: that part is empty/],
    ['no claims', `${HEADER}..${SIGNATURE}`, /no claims: that part is empty/],
    ['only dots', '..', /no header and no claims/],
    ['four parts', `${TOKEN}.x`, /4 parts instead of 3/],
    ['another token after it', `${TOKEN}.${TOKEN}`, /6 parts instead of 3/],
    ['five parts, signed', `${TOKEN}.a.b`, /5 parts instead of 3/],
    ['five parts, encrypted', `${base64Url('{"alg":"dir","enc":"A256GCM"}')}..aXY.Y2lwaGVy.dGFn`, /JWE/],
    ['a missing beginning', TOKEN.slice(3), /beginning of the token is missing/],
  ])('names the fault: %s', (_name, token, words) => {
    const hint = hintOf(token);
    expect(hint).toMatch(words);
    // One sentence that quotes nothing of the text.
    expect(hint).toMatch(/^(The|A) [^.]+$/);
    for (const part of [HEADER, CLAIMS, SIGNATURE]) expect(hint).not.toContain(part.slice(0, 10));
  });

  it.each([1, 2, 4, 5, 10, 20, 42])('counts the characters of a signature that lacks %d', (missing) => {
    // Most such signatures are not canonical base64url, which the parser detects before any key is tried.
    const hints = Array.from({ length: 200 }, (_, i) => {
      const token = handMadeToken({ claims: { jti: `token-${i}` } });
      return hintOf(token.slice(0, -missing));
    }).filter((hint) => hint !== 'none');
    expect(hints).not.toEqual([]);
    for (const hint of hints) {
      expect(hint).toBe(`The token is incomplete: its signature has ${43 - missing} of 43 characters`);
    }
  });

  it('is one sentence, and quotes nothing of the text', () => {
    const piece = fc.constantFrom(' ', '\n', '"', '.', '=', '%41', '{', 'Bearer ', 'zq', '…', '+', TOKEN);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const hint = malformedTokenHint(pieces.join(''));
        expect(hint).toMatch(/^(The|A) [^.]+$/);
        expect(hint).not.toMatch(/zq|eyJ/);
      }),
    );
  });

  it.each([' ', '"', '" ', '=', 'a=', '.', '%', '{', 'Bearer', 'Bearer ', '\n.', '?a'])(
    'does not take quadratic time: %j repeated',
    (unit) => {
      const took = cpuTimeOf(() => {
        for (const end of ['', 'x', '"', ' x']) malformedTokenHint(unit.repeat(16_384 / unit.length) + end);
      });
      // About a millisecond.
      expect(took).toBeLessThan(100);
    },
  );
});

describe('signatureLengthFault', () => {
  it.each<[Algorithm, number, readonly number[], RegExp | undefined]>([
    ['HS256', 43, [32], undefined],
    ['HS256', 39, [32], /incomplete: its signature has 39 of 43 characters/],
    ['HS256', 0, [], /0 of 43/],
    ['HS256', 44, [32], /too long: its signature has 44 characters instead of 43/],
    ['HS384', 60, [], /60 of 64/],
    ['HS512', 82, [64], /82 of 86/],
    ['ES256', 86, [64, 64], undefined],
    ['ES256', 82, [], /82 of 86/],
    ['ES384', 124, [96], /124 of 128/],
    ['EdDSA', 85, [64], /85 of 86/],
    ['RS256', 342, [256], undefined],
    ['RS256', 338, [256], /338 of 342/],
    ['RS256', 338, [], /338 of at least 342/],
    ['RS256', 512, [], undefined],
    ['RS256', 508, [384], /508 of 512/],
    ['RS256', 400, [256, 384], undefined],
    ['PS256', 679, [512], /679 of 683/],
  ])(
    'checks a signature by %s of %d characters against lengths of %j bytes',
    (algorithm, found, possible, words) => {
      const fault = signatureLengthFault(found, possible, algorithm);
      if (words === undefined) expect(fault).toBeUndefined();
      else expect(fault).toMatch(words);
    },
  );
});

describe('the hint for a signature that no key verifies', () => {
  const expected: Expectations = {
    issuer: 'identity-backend',
    audience: 'logging-service',
    toleranceSeconds: 0,
    allows: () => true,
  };
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const rsaKey = new KeyObjectVerificationKey('rsa', 'RS256', publicKey);
  const keys: VerificationKeys = {
    candidates: (algorithm, keyId) => ({
      keys: algorithm === 'RS256' ? [rsaKey] : [],
      keyIdKnown: keyId === 'rsa',
    }),
  };
  const input = `${base64Url('{"alg":"RS256","kid":"rsa"}')}.${base64Url(JSON.stringify(VALID_CLAIMS))}`;
  const token = `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
  const verify = (text: string) => verifyToken(text, keys, expected, NEW_YEAR * 1_000);

  it('names the signature length of the RSA key that was tried', () => {
    expect(verify(token).code).toBe('valid');
    expect(verify(token.slice(0, -4))).toEqual({
      code: 'invalid_signature',
      hint: 'The token names a known kid and 1 key was tried; it is incomplete: its signature has 508 of 512 characters.',
    });
    expect(verify(`${token}AAAA`)).toMatchObject({ code: 'invalid_signature', hint: /too long/ });
  });

  it('does not advise comparing secrets if no secret was tried', () => {
    const other = `${input}.${'A'.repeat(512)}`;
    expect(verify(other)).toMatchObject({
      hint: 'The token names a known kid and 1 key was tried; it was changed, or another service signed it, or with a key that is not known here.',
    });
  });

  it('says that a missing signature has 0 characters', () => {
    expect(verify(`${signed(input).split('.').slice(0, 2).join('.')}.`)).toMatchObject({
      code: 'invalid_signature',
      hint: expect.stringContaining('its signature has 0 of 512 characters'),
    });
  });

  it.each(['HS256', 'ES256', 'EdDSA'])('says nothing about the claims: %s', (alg) => {
    const expired = handMadeToken({ header: { alg }, claims: { exp: 1, iss: 'x', aud: 'y' } });
    for (const text of [expired, expired.slice(0, -4), expired.slice(0, -1)]) {
      expect(['malformed_token', 'invalid_signature']).toContain(verify(text).code);
      expect(JSON.stringify(verify(text))).not.toMatch(/expired|issuer|audience/);
    }
  });
});
