import { describe, expect, it } from '@jest/globals';
import { audiencesOf, readClaims } from '../../../src/jwt/claims.js';

describe('readClaims', () => {
  it('returns all claims unchanged', () => {
    const claims = {
      exp: 1.5,
      iat: -1,
      nbf: 0,
      iss: '',
      sub: '',
      aud: [],
      jti: 'a',
      scope: '',
      further: [null],
    };
    expect(readClaims(claims)).toEqual(claims);
  });

  it('requires only exp', () => {
    expect(readClaims({ exp: 0 })).toEqual({ exp: 0 });
    expect(readClaims({ iat: 1, sub: 'a' })).toBe('The token has no exp claim');
  });

  it.each([
    ...['exp', 'iat', 'nbf'].flatMap((name) =>
      ['1', null, true, [1], {}].map((value) => [name, value] as const),
    ),
    ...['iss', 'sub', 'jti', 'scope'].flatMap((name) =>
      [1, null, true, ['a'], {}].map((value) => [name, value] as const),
    ),
    ['jti', ''],
    ['aud', 1],
    ['aud', null],
    ['aud', {}],
    ['aud', [1]],
    ['aud', ['a', null]],
    ['aud', [['a']]],
  ] as const)('rejects %s: %j and names the claim', (name, value) => {
    expect(readClaims({ exp: 1, [name]: value })).toEqual(
      expect.stringContaining(`The ${name} claim is not`),
    );
  });
});

describe('audiencesOf', () => {
  it.each([
    [undefined, []],
    ['a', ['a']],
    ['', ['']],
    [[], []],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
  ])('of %j is %j', (aud, audiences) => {
    expect(audiencesOf(aud)).toEqual(audiences);
  });
});
