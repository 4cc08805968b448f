import { describe, expect, it } from '@jest/globals';
import { MAX_TOKEN_LENGTH, parseCompactJws } from '../../../src/jwt/compact-jws.js';
import { base64Url, VALID_CLAIMS, handMadeToken, signedParts } from '../../support/hand-made-token.js';

const HEADER = '{"alg":"HS256","typ":"JWT"}';
const CLAIMS = JSON.stringify(VALID_CLAIMS);
const isRefused = (token: string): boolean => typeof parseCompactJws(token) === 'string';
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

/** A token of exactly this many characters. */
function tokenOfLength(length: number): string {
  const bare = handMadeToken({ claims: { pad: '' } }).length;
  const pad = Math.floor(((length - bare) * 3) / 4);
  for (const each of [pad - 1, pad, pad + 1, pad + 2]) {
    const token = handMadeToken({ claims: { pad: 'x'.repeat(each) } });
    if (token.length === length) return token;
  }
  throw new RangeError(`No token has ${length} characters`);
}

describe('parseCompactJws', () => {
  it('returns the algorithm, the key ID, the type and the claims', () => {
    const token = handMadeToken({ header: { kid: 'key-1' }, claims: { scope: 'a b', further: { x: 1 } } });
    expect(parseCompactJws(token)).toEqual({
      token,
      algorithm: 'HS256',
      keyId: 'key-1',
      type: 'JWT',
      claims: { ...VALID_CLAIMS, scope: 'a b', further: { x: 1 } },
    });
  });

  it('accepts a token of 16 KiB and rejects a longer one', () => {
    expect(isRefused(tokenOfLength(MAX_TOKEN_LENGTH))).toBe(false);
    expect(isRefused(tokenOfLength(MAX_TOKEN_LENGTH + 1))).toBe(true);
  });

  it.each(['JWT', 'jwt', 'Jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+JWT', undefined])(
    'accepts the typ %j',
    (typ) => {
      expect(isRefused(handMadeToken({ header: { typ } }))).toBe(false);
    },
  );

  it.each(['JOSE', 'dpop+jwt', 'secevent+jwt', '', ' JWT', 'JWT ', null, 1, ['JWT']])(
    'rejects the typ %j',
    (typ) => {
      expect(isRefused(handMadeToken({ header: { typ } }))).toBe(true);
    },
  );

  it.each(['HS256', 'HS384', 'HS512', 'RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'])(
    'accepts the alg %s',
    (alg) => {
      expect(parseCompactJws(handMadeToken({ header: { alg } }))).toMatchObject({ algorithm: alg });
    },
  );

  it.each([
    ...[
      'none',
      'None',
      'NONE',
      'nOnE',
      '',
      ' HS256',
      'hs256',
      'HS256 ',
      'HS1',
      'RS512',
      'toString',
      '__proto__',
    ],
    ...[null, 0, true, ['HS256'], { alg: 'HS256' }, undefined],
  ])('rejects the alg %j', (alg) => {
    expect(isRefused(handMadeToken({ header: { alg } }))).toBe(true);
  });

  it.each([
    ['crit', ['exp']],
    ['crit', []],
    ['b64', false],
    ['b64', true],
    ['jwk', { kty: 'oct', k: 'AA' }],
    ['jku', 'https://example.com/jwks.json'],
    ['x5c', ['AA']],
    ['x5u', 'https://example.com/chain.pem'],
    ['jwk', null],
  ])('rejects a header with %s: %j', (name, value) => {
    expect(isRefused(handMadeToken({ header: { [name]: value } }))).toBe(true);
  });

  it.each([
    ['p2c', 1_000_000_000],
    ['exp', 1],
    ['iss', 'someone'],
    ['toString', 1],
    ['zip', 'DEF'],
  ])('ignores the header parameter %s', (name, value) => {
    expect(isRefused(handMadeToken({ header: { [name]: value } }))).toBe(false);
  });

  it.each([1, null, true, ['key-1'], {}])('rejects the kid %j', (kid) => {
    expect(isRefused(handMadeToken({ header: { kid } }))).toBe(true);
  });

  it.each([
    ['an array', '[]'],
    ['a string', '"a"'],
    ['null', 'null'],
    ['a number', '1'],
    ['invalid JSON', '{'],
    ['two objects', '{}{}'],
    ['a repeated name', '{"alg":"HS256","alg":"HS256"}'],
    ['a field __proto__', '{"alg":"HS256","__proto__":{}}'],
    ['a byte order mark', `\uFEFF${HEADER}`],
  ])('rejects a header that is or has %s', (_name, header) => {
    expect(isRefused(signedParts(header, CLAIMS))).toBe(true);
  });

  it.each([
    ['an array', '[]'],
    ['a string', '"a"'],
    ['null', 'null'],
    ['invalid JSON', 'exp=1'],
    ['a repeated name', '{"exp":1,"exp":9999999999}'],
    ['a repeated name in a nested object', '{"exp":9999999999,"a":{"b":1,"b":2}}'],
    ['a field __proto__', '{"exp":9999999999,"__proto__":{"sub":"admin"}}'],
    ['a field __proto__ in a nested object', '{"exp":9999999999,"a":[{"__proto__":1}]}'],
    ['a lone surrogate', '{"exp":9999999999,"sub":"\\ud800"}'],
    ['a lone surrogate in a name', '{"exp":9999999999,"\\udfff":1}'],
    ['a number too large for a double', '{"exp":9999999999,"a":1e400}'],
  ])('rejects claims that are or have %s', (_name, claims) => {
    expect(isRefused(signedParts(HEADER, claims))).toBe(true);
  });

  it.each([
    ['header', Buffer.from('{"alg":"HS256","x":"\xff"}', 'latin1'), Buffer.from(CLAIMS)],
    ['claims', Buffer.from(HEADER), Buffer.from('{"exp":9999999999,"sub":"\xff"}', 'latin1')],
    [
      'claims with an encoded surrogate',
      Buffer.from(HEADER),
      Buffer.from('{"exp":9,"sub":"\xed\xa0\x80"}', 'latin1'),
    ],
  ])('rejects bytes that are not UTF-8: %s', (_name, header, claims) => {
    expect(isRefused(signedParts(header, claims))).toBe(true);
  });

  it('accepts 32 levels of nesting and rejects 33, in the header and in the claims', () => {
    const header = (levels: number): string => `{"alg":"HS256","a":${nested(levels - 1)}}`;
    const claims = (levels: number): string => `{"exp":9999999999,"a":${nested(levels - 1)}}`;
    expect(isRefused(signedParts(header(32), claims(32)))).toBe(false);
    expect(isRefused(signedParts(header(33), CLAIMS))).toBe(true);
    expect(isRefused(signedParts(HEADER, claims(33)))).toBe(true);
  });

  it('returns claims with names from Object.prototype unchanged', () => {
    const parsed = parseCompactJws(
      signedParts(HEADER, '{"exp":9,"constructor":{"a":1},"toJSON":"x","valueOf":null}'),
    );
    expect(parsed).toMatchObject({ claims: { constructor: { a: 1 }, toJSON: 'x', valueOf: null } });
  });

  const valid = handMadeToken();
  const [head = '', middle = '', mac = ''] = valid.split('.');

  it.each([
    ['an empty text', ''],
    ['one part', head],
    ['two parts', `${head}.${middle}`],
    ['four parts', `${valid}.${mac}`],
    ['five parts', `${valid}.${mac}.${mac}`],
    ['an empty header', `.${middle}.${mac}`],
    ['empty claims', `${head}..${mac}`],
    ['a leading space', ` ${valid}`],
    ['a trailing space', `${valid} `],
    ['a trailing line end', `${valid}\n`],
    ['a line end inside', `${head}.\n${middle}.${mac}`],
    ['padding', `${valid}=`],
    ['padding of the header', `${head}==.${middle}.${mac}`],
    ['a plus', `${head}.${middle}.+${mac.slice(1)}`],
    ['a slash', `${head}.${middle}./${mac.slice(1)}`],
    ['a percent escape', `${head}.${middle}.%41${mac.slice(3)}`],
    ['a character beyond ASCII', `${head}.${middle}.é${mac.slice(1)}`],
    ['a NUL', `${valid}\0`],
    ['a leading Bearer', `Bearer ${valid}`],
    ['surrounding quotes', `"${valid}"`],
    ['a JSON serialization', `{"payload":"${middle}"}`],
  ])('rejects %s', (_name, token) => {
    expect(isRefused(token)).toBe(true);
  });

  it('accepts an empty signature, which is left to verification', () => {
    expect(isRefused(`${head}.${middle}.`)).toBe(false);
  });

  it('rejects a part whose length is impossible in base64url', () => {
    expect(isRefused(`${head}.${middle}.AAAAA`)).toBe(true);
  });

  it.each([
    ['signature', (last: string) => `${head}.${middle}.${last}`],
    ['claims', (last: string) => `${head}.${base64Url('{"exp":9999999999 }').slice(0, -2)}${last}.${mac}`],
  ])('rejects unused bits that are set at the end of the %s', (name, withEnd) => {
    // `fQ` is the eight bits of `}` and four unused ones.
    const ends = name === 'claims' ? ['fQ', 'fR', 'ff'] : ['AA', 'AB', 'AP'];
    expect(ends.map((end) => isRefused(withEnd(end)))).toEqual([false, true, true]);
  });

  it('rejects or accepts a header again as it did the first time', () => {
    const refused = handMadeToken({ header: { crit: ['exp'] } });
    for (const token of [valid, refused, valid, refused]) expect(isRefused(token)).toBe(token === refused);
  });

  it('returns the right key ID for more headers than it caches', () => {
    const ids = Array.from({ length: 200 }, (_each, index) => `key-${index}`);
    const read = (id: string): unknown => parseCompactJws(handMadeToken({ header: { kid: id } }));
    for (const id of [...ids, ...ids]) expect(read(id)).toMatchObject({ keyId: id });
  });

  it('returns a reason that quotes nothing of the token', () => {
    const reason = parseCompactJws(handMadeToken({ header: { alg: 'marker-in-alg', kid: 'marker-in-kid' } }));
    expect(reason).toEqual(expect.not.stringContaining('marker'));
  });
});
