import { beforeEach, describe, expect, it } from '@jest/globals';
import { TokenClient, TokenUnavailableError } from '../../../src/token-client/index.js';
import { connectionRefused, FakeFetch, json, type SentRequest } from '../../support/fake-fetch.js';
import { MovedClock } from '../../support/moved-clock.js';

const ISSUER = 'https://issuer.example';
const SERVICE = 'https://logs.example/log';
const UNAUTHORIZED = (): Response => json({ error: 'Token expired' }, 401);

type Body = NonNullable<RequestInit['body']>;

let clock: MovedClock;
let fake: FakeFetch;
let tokens: number;
let issuer: () => Response;
let service: (request: SentRequest) => Response;
let send: typeof fetch;

beforeEach(() => {
  clock = new MovedClock();
  tokens = 0;
  issuer = () => json({ access_token: `token-${++tokens}`, token_type: 'Bearer', expires_in: 900 });
  service = ({ headers, body }) => json({ authorization: headers.get('authorization'), body });
  fake = new FakeFetch((request) => (request.url.startsWith(ISSUER) ? issuer() : service(request)));
  const client = new TokenClient({
    issuerUrl: ISSUER,
    clientId: 'careergpt',
    clientSecret: 'secret',
    clock,
    random: () => 0,
    fetch: fake.fetch,
  });
  send = client.fetchWith({ audience: 'logging-service', scope: 'logs:write' });
});

const toService = (): SentRequest[] => fake.sent.filter(({ url }) => url === SERVICE);

/** A service that rejects these tokens. */
const refusing =
  (...refused: string[]) =>
  ({ headers }: SentRequest): Response =>
    refused.some((token) => headers.get('authorization') === `Bearer ${token}`)
      ? UNAUTHORIZED()
      : json('valid');

describe('fetchWith', () => {
  it('sends the token, and leaves the rest of the request unchanged', async () => {
    const headers = { 'content-type': 'application/json', 'x-request-id': 'a' };
    const response = await send(SERVICE, { method: 'POST', headers, body: '{"a":1}' });
    expect(await response.json()).toEqual({ authorization: 'Bearer token-1', body: '{"a":1}' });
    expect(toService()[0]?.method).toBe('POST');
    expect(toService()[0]?.headers.get('x-request-id')).toBe('a');
  });

  it.each<[string, () => Parameters<typeof fetch>]>([
    ['a URL as a string', () => [SERVICE]],
    ['a URL object', () => [new URL(SERVICE)]],
    ['a Request', () => [new Request(SERVICE, { headers: { 'x-own': '1' } })]],
    ['a Headers object', () => [SERVICE, { headers: new Headers({ 'x-own': '1' }) }]],
    ['headers as pairs', () => [SERVICE, { headers: [['x-own', '1']] }]],
    [
      'an Authorization header, which it replaces',
      () => [SERVICE, { headers: { authorization: 'Basic x' } }],
    ],
  ])('sends the token with %s', async (_name, request) => {
    await send(...request());
    expect(toService()[0]?.headers.get('authorization')).toBe('Bearer token-1');
  });

  it('keeps the headers of a Request', async () => {
    await send(new Request(SERVICE, { headers: { 'x-own': '1' } }));
    expect(toService()[0]?.headers.get('x-own')).toBe('1');
  });

  it('uses one token for many requests', async () => {
    await Promise.all(Array.from({ length: 20 }, () => send(SERVICE)));
    expect(tokens).toBe(1);
  });

  it('rejects with TokenUnavailableError if there is no token, and sends nothing', async () => {
    issuer = connectionRefused;
    await expect(send(SERVICE)).rejects.toBeInstanceOf(TokenUnavailableError);
    expect(toService()).toEqual([]);
  });

  it.each([200, 204, 302, 400, 403, 404, 500])('returns a response of %d unchanged', async (status) => {
    service = () => new Response(null, { status });
    expect((await send(SERVICE)).status).toBe(status);
    expect(toService()).toHaveLength(1);
  });

  describe('after a 401', () => {
    it('sends the request again with a new token', async () => {
      service = refusing('token-1');
      const response = await send(SERVICE, { method: 'POST', body: 'text' });
      expect(await response.json()).toBe('valid');
      expect(toService().map(({ body, headers }) => [body, headers.get('authorization')])).toEqual([
        ['text', 'Bearer token-1'],
        ['text', 'Bearer token-2'],
      ]);
    });

    it('sends the request again only once', async () => {
      service = UNAUTHORIZED;
      expect((await send(SERVICE)).status).toBe(401);
      expect([toService().length, tokens]).toEqual([2, 2]);
    });

    it('fetches one new token for all concurrent requests', async () => {
      service = refusing('token-1');
      const responses = await Promise.all(Array.from({ length: 20 }, () => send(SERVICE)));
      expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
      expect(tokens).toBe(2);
    });

    it('fetches at most one new token in 30 seconds if the service rejects every token', async () => {
      service = UNAUTHORIZED;
      for (let second = 0; second < 29; second++) {
        await send(SERVICE);
        clock.advance(1);
      }
      expect(tokens).toBe(2);
      clock.advance(1);
      await send(SERVICE);
      expect(tokens).toBe(3);
    });

    it('recovers each time that the service accepts the new token', async () => {
      service = refusing('token-1');
      expect((await send(SERVICE)).status).toBe(200);
      service = refusing('token-2');
      expect((await send(SERVICE)).status).toBe(200);
      expect(tokens).toBe(3);
    });

    it('does not send the request again if the issuer issues the same token again', async () => {
      issuer = () => {
        tokens += 1;
        return json({ access_token: 'token-1', token_type: 'Bearer', expires_in: 900 });
      };
      service = UNAUTHORIZED;
      expect([(await send(SERVICE)).status, toService().length, tokens]).toEqual([401, 1, 2]);
      expect([(await send(SERVICE)).status, toService().length, tokens]).toEqual([401, 2, 2]);
    });

    it('returns the 401 with its body if there is no other token', async () => {
      await send(SERVICE);
      service = UNAUTHORIZED;
      issuer = connectionRefused;
      const response = await send(SERVICE);
      expect([response.status, await response.json()]).toEqual([401, { error: 'Token expired' }]);
      expect(toService()).toHaveLength(2);
    });

    it.each<[string, () => Body]>([
      ['a string', () => 'a=1'],
      ['a Uint8Array', () => new TextEncoder().encode('a=1')],
      ['a Buffer', () => Buffer.from('a=1')],
      ['an ArrayBuffer', () => new TextEncoder().encode('a=1').buffer],
      ['a Blob', () => new Blob(['a=1'])],
      ['URLSearchParams', () => new URLSearchParams({ a: '1' })],
    ])('sends %s again as the body', async (_name, body) => {
      service = refusing('token-1');
      expect((await send(SERVICE, { method: 'POST', body: body() })).status).toBe(200);
      expect(toService().map((sent) => sent.body)).toEqual(['a=1', 'a=1']);
    });

    it('sends FormData with a file again', async () => {
      service = refusing('token-1');
      const form = new FormData();
      form.set('file', new Blob(['content']), 'name.txt');
      expect((await send(SERVICE, { method: 'POST', body: form })).status).toBe(200);
      expect(toService().every(({ body }) => body.includes('content'))).toBe(true);
    });

    it('does not send a stream again, but drops the token', async () => {
      service = refusing('token-1');
      const body = new Blob(['a=1']).stream() as unknown as Body;
      const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
      expect((await send(SERVICE, init)).status).toBe(401);
      expect(toService()).toHaveLength(1);
      expect((await send(SERVICE)).status).toBe(200);
    });

    it('does not send a Request with a body again', async () => {
      service = refusing('token-1');
      expect((await send(new Request(SERVICE, { method: 'POST', body: 'a=1' }))).status).toBe(401);
      expect(toService()).toHaveLength(1);
    });

    it('sends a Request without a body again', async () => {
      service = refusing('token-1');
      expect((await send(new Request(SERVICE))).status).toBe(200);
    });
  });
});
