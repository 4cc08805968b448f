import { describe, expect, it } from '@jest/globals';
import { tokenSource } from '../../../src/guard/token-source.js';
import { bearerToken, hasTwoAuthorizations } from '../../../src/guard/bearer-token.js';

const of = (authorization: string | undefined, ...others: string[]): string | undefined =>
  bearerToken({
    headers: authorization === undefined ? {} : { authorization },
    rawHeaders: [
      'Host',
      'a',
      ...[authorization ?? [], ...others].flat().flatMap((value) => ['Authorization', value]),
    ],
  });

describe('bearerToken', () => {
  it.each([
    [{ headers: { authorization: 7 } }],
    [{ headers: { authorization: ['Bearer a.b.c'] } }],
    [{ headers: { authorization: { length: 9 } }, rawHeaders: { length: 1e12 } }],
    [{ headers: 'Bearer a.b.c', rawHeaders: 'Authorization' }],
    [{ headers: null, raw: { rawHeaders: 5 } }],
    [{ headers: {}, rawHeaders: [1, null, {}] }],
  ])('finds no token in the payload of a message that is no request: %j', (payload) => {
    expect(bearerToken(payload as never)).toBeUndefined();
    expect(hasTwoAuthorizations(payload as never)).toBe(false);
    for (const tokenFrom of [{ header: 'authorization' }, { cookie: 'a' }]) {
      expect(() => tokenSource(tokenFrom, () => undefined)(payload)).not.toThrow();
    }
  });

  it.each(['Bearer a.b.c', 'bearer a.b.c', 'BEARER a.b.c', 'bEaReR a.b.c', 'Bearer   a.b.c'])(
    'extracts the token from %j',
    (authorization) => {
      expect(of(authorization)).toBe('a.b.c');
    },
  );

  it.each([
    undefined,
    '',
    'Basic YTpi',
    'Bearera.b.c',
    'Bearer\ta.b.c',
    'Token a.b.c',
    ' Bearer a.b.c',
    'DPoP a.b.c',
  ])('finds no bearer credentials in %j', (authorization) => {
    expect(of(authorization)).toBeUndefined();
  });

  it.each([
    ['Bearer', ''],
    ['Bearer ', ''],
    ['Bearer a b', 'a b'],
    ['Bearer a.b.c, Bearer d.e.f', 'a.b.c, Bearer d.e.f'],
    ['Bearer token="a.b.c"', 'token="a.b.c"'],
  ])('returns everything after the scheme of %j', (authorization, token) => {
    expect(of(authorization)).toBe(token);
  });

  it('joins several headers with a comma, which no token contains', () => {
    expect(of('Bearer a.b.c', 'Bearer d.e.f')).toBe('Bearer a.b.c, Bearer d.e.f');
    expect(of('Bearer a.b.c', 'Bearer a.b.c')).toContain(',');
    expect(of('Basic YTpi', 'Bearer a.b.c')).toContain(',');
  });

  it('detects repeated headers in any letter case, on Fastify too', () => {
    const rawHeaders = ['AUTHORIZATION', 'Bearer a.b.c', 'authorization', 'Bearer d.e.f'];
    expect(bearerToken({ headers: { authorization: 'Bearer a.b.c' }, raw: { rawHeaders } })).toContain(',');
    expect(
      bearerToken({ headers: { authorization: 'Bearer a.b.c' }, raw: { rawHeaders: rawHeaders.slice(2) } }),
    ).toBe('a.b.c');
  });

  it('ignores access_token in the URL, the query and the body', () => {
    const request = {
      headers: {},
      url: '/?access_token=a.b.c',
      query: { access_token: 'a' },
      body: { access_token: 'a' },
    };
    expect(bearerToken(request)).toBeUndefined();
  });

  it('accepts a request without rawHeaders, or without any headers', () => {
    expect(bearerToken({ headers: { authorization: 'Bearer a.b.c' } })).toBe('a.b.c');
    expect(bearerToken({})).toBeUndefined();
  });
});

describe('hasTwoAuthorizations', () => {
  const AUTHORIZATION = ['Authorization', 'Bearer a.b.c'];

  it.each<[string, boolean, string[]]>([
    ['no header', false, ['Host', 'a']],
    ['one header', false, ['Host', 'a', ...AUTHORIZATION]],
    ['one header with a comma', false, ['authorization', 'Bearer a.b.c, Bearer d.e.f']],
    ['a value that equals the name', false, ['X-A', 'authorization', ...AUTHORIZATION]],
    ['a longer name', false, ['Proxy-Authorization', 'Basic YTpi', ...AUTHORIZATION]],
    ['two equal headers', true, [...AUTHORIZATION, ...AUTHORIZATION]],
    [
      'two headers in different letter case',
      true,
      ['AUTHORIZATION', 'Bearer d.e.f', 'Host', 'a', ...AUTHORIZATION],
    ],
    ['an additional empty header', true, ['authorization', '', ...AUTHORIZATION]],
    ['three headers', true, [...AUTHORIZATION, ...AUTHORIZATION, ...AUTHORIZATION]],
  ])('with %s is %s, on Express and on Fastify', (_name, expected, rawHeaders) => {
    expect(hasTwoAuthorizations({ rawHeaders })).toBe(expected);
    expect(hasTwoAuthorizations({ raw: { rawHeaders } })).toBe(expected);
  });

  it('is false for a request without raw headers', () => {
    expect(hasTwoAuthorizations({})).toBe(false);
    expect(hasTwoAuthorizations({ headers: { authorization: 'Bearer a.b.c' } })).toBe(false);
  });
});
