import { describe, expect, it } from '@jest/globals';
import { bearerToken } from '../../../src/guard/bearer-token.js';

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
  it.each(['Bearer a.b.c', 'bearer a.b.c', 'BEARER a.b.c', 'bEaReR a.b.c', 'Bearer   a.b.c'])(
    'takes the token out of %j',
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
  ])('gives what follows the scheme in %j, which is then judged malformed', (authorization, token) => {
    expect(of(authorization)).toBe(token);
  });

  it('gives no one token where there are several headers', () => {
    expect(of('Bearer a.b.c', 'Bearer d.e.f')).toBe('Bearer a.b.c, Bearer d.e.f');
    expect(of('Bearer a.b.c', 'Bearer a.b.c')).toContain(',');
    expect(of('Basic YTpi', 'Bearer a.b.c')).toContain(',');
  });

  it('counts headers in any case, on Fastify too', () => {
    const rawHeaders = ['AUTHORIZATION', 'Bearer a.b.c', 'authorization', 'Bearer d.e.f'];
    expect(bearerToken({ headers: { authorization: 'Bearer a.b.c' }, raw: { rawHeaders } })).toContain(',');
    expect(
      bearerToken({ headers: { authorization: 'Bearer a.b.c' }, raw: { rawHeaders: rawHeaders.slice(2) } }),
    ).toBe('a.b.c');
  });

  it('looks nowhere but in the header', () => {
    const request = {
      headers: {},
      url: '/?access_token=a.b.c',
      query: { access_token: 'a' },
      body: { access_token: 'a' },
    };
    expect(bearerToken(request)).toBeUndefined();
  });

  it('takes a request that has nothing but headers, or nothing at all', () => {
    expect(bearerToken({ headers: { authorization: 'Bearer a.b.c' } })).toBe('a.b.c');
    expect(bearerToken({})).toBeUndefined();
  });
});
