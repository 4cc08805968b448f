import { describe, expect, it } from '@jest/globals';
import type { TokenFrom } from '../../../src/guard/identity-auth-options.js';
import { TokenVerifier } from '../../../src/guard/token-verifier.js';
import { CapturedNestLog } from '../../support/captured-nest-log.js';
import { handMadeToken } from '../../support/hand-made-token.js';
import { MovedClock } from '../../support/moved-clock.js';
import { SECRET } from '../../support/settings.js';

const log = new CapturedNestLog();
const TOKEN = handMadeToken();

const verifier = (tokenFrom?: TokenFrom): TokenVerifier =>
  new TokenVerifier({
    issuer: 'identity-backend',
    audience: 'logging-service',
    secrets: [SECRET],
    clock: new MovedClock(),
    tokenFrom,
  });

const readFrom = (tokenFrom: TokenFrom | undefined, request: object): string | undefined =>
  verifier(tokenFrom).readToken(request);

/** Whether a request is refused because of a malformed token, whatever the rest of it. */
function isRefused(tokenFrom: TokenFrom, request: object): boolean {
  const reader = verifier(tokenFrom);
  const token = reader.readToken(request);
  if (token === undefined) return false;
  return (reader.verify(token) as { code: string }).code === 'malformed_token';
}

describe('the token of a request', () => {
  it('is in the Authorization header by default', () => {
    expect(readFrom(undefined, { headers: { authorization: `Bearer ${TOKEN}` } })).toBe(TOKEN);
    expect(readFrom(undefined, { headers: { cookie: `token=${TOKEN}` } })).toBeUndefined();
  });

  it.each([{}, { headers: undefined }, { headers: null }, { headers: {} }, [], () => undefined])(
    'is absent from %p',
    (request) => {
      for (const tokenFrom of [{ cookie: 'token' }, { header: 'x-token' }]) {
        expect(readFrom(tokenFrom, request)).toBeUndefined();
      }
    },
  );
});

describe('a token in a cookie', () => {
  const FROM = { cookie: 'token' };
  const read = (cookie: string | string[]): string | undefined => readFrom(FROM, { headers: { cookie } });

  it.each([
    `token=${TOKEN}`,
    `a=b; token=${TOKEN}; c=d`,
    `a=b;token=${TOKEN};c`,
    `token="${TOKEN}"`,
    `Token=x; token =y; token=${TOKEN}`,
    `xtoken=x; tokenx=y; a=token=z; token=${TOKEN}`,
    [`a=b`, `token=${TOKEN}`],
  ])('is found in %j', (cookie) => {
    expect(read(cookie)).toBe(TOKEN);
  });

  it.each(['', ';', 'token', 'a=b', 'Token=x', '=token', 'a=token=x'])('is absent from %j', (cookie) => {
    expect(read(cookie)).toBeUndefined();
  });

  it('keeps its value as it is, with further equals signs', () => {
    expect(read('token=a=b==')).toBe('a=b==');
  });

  it.each([`token=${TOKEN}; token=${TOKEN}`, `token=; token=${TOKEN}`, `token=${TOKEN}; a=b; token=`])(
    'is refused if the name appears twice: %#',
    (cookie) => {
      expect(isRefused(FROM, { headers: { cookie } })).toBe(true);
    },
  );

  it('is not read from the Authorization header', () => {
    expect(readFrom(FROM, { headers: { authorization: `Bearer ${TOKEN}` } })).toBeUndefined();
  });
});

describe('a token in a header', () => {
  const FROM = { header: 'X-Access-Token' };
  const headers = { 'x-access-token': TOKEN };

  it.each([
    ['Express and node:http', { headers, rawHeaders: ['X-Access-Token', TOKEN, 'Host', 'x-access-token'] }],
    ['Fastify', { headers, raw: { rawHeaders: ['host', 'h', 'x-access-token', TOKEN] } }],
    ['a request without raw headers', { headers }],
  ])('is found in a request of %s', (_name, request) => {
    expect(readFrom(FROM, request)).toBe(TOKEN);
  });

  it.each([
    ['Express', { headers, rawHeaders: ['x-access-token', TOKEN, 'X-ACCESS-TOKEN', TOKEN] }],
    ['Fastify', { headers, raw: { rawHeaders: ['x-access-token', TOKEN, 'x-access-token', 'b'] } }],
    ['joined', { headers: { 'x-access-token': `${TOKEN}, ${TOKEN}` } }],
    ['listed', { headers: { 'x-access-token': [TOKEN, TOKEN] } }],
  ])('is refused if the header is repeated (%s)', (_name, request) => {
    expect(isRefused(FROM, request)).toBe(true);
  });
});

describe('a token that a function finds', () => {
  const request = { query: { ticket: TOKEN } };

  it('is what it returns', () => {
    expect(readFrom((given: typeof request) => given.query.ticket, request)).toBe(TOKEN);
    expect(readFrom(() => undefined, request)).toBeUndefined();
    expect(readFrom(() => null, request)).toBeUndefined();
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new Error(`no ticket ${SECRET}`);
      },
      /^tokenFrom failed: no ticket \[removed\]$/,
    ],
    ['returns a promise', () => Promise.reject(new Error('late')), /not a promise/],
    ['returns an object', () => ({ token: TOKEN }), /not an object/],
    ['returns a number', () => 1, /not a number/],
    ['returns true', () => true, /not a boolean/],
  ])('is refused, and the cause is logged, if the function %s', (_name, read, words) => {
    log.clear();
    expect(isRefused(read as TokenFrom, request)).toBe(true);
    expect(log.text).toMatch(words);
    expect(log.text).not.toContain(TOKEN);
  });
});
