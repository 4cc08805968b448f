import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Administrator, basic, makeClient } from '../../support/clients.js';
import { exchange, type Exchange } from '../../support/raw-exchange.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let bearer: string;
let worker: string;
beforeAll(async () => {
  service = await RunningApp.start({ tokenEndpointAuth: 'required', authFailureMax: 0 });
  bearer = `Bearer ${await (await Administrator.of(service)).token()}`;
  worker = (await makeClient(service, 'worker', { audiences: ['a'] })).authorization;
});
afterAll(() => service.stop());

const BASIC = 'Basic realm="identity-backend"';
const MISSING = 'Bearer realm="identity-backend"';
const INVALID = `${MISSING}, error="invalid_token"`;

/** Routes that authenticate by a header, invalid or missing credentials, and the challenge in response. */
const UNAUTHENTICATED = [
  ['POST', '/token', undefined, BASIC],
  ['POST', '/token', basic('worker', 'x'), BASIC],
  ['POST', '/token', 'Bearer x', BASIC],
  ['POST', '/oauth2/token', basic('worker', 'x'), BASIC],
  ['POST', '/oauth2/token', 'Basic !', BASIC],
  ['POST', '/oauth2/introspect', basic('nobody', 'x'), BASIC],
  ['POST', '/oauth2/revoke', basic('worker', 'x'), BASIC],
  ['POST', '/admin/clients', undefined, MISSING],
  ['POST', '/admin/clients', 'Bearer x', INVALID],
  ['POST', '/admin/clients', basic('admin', 'x'), MISSING],
  ['PATCH', '/admin/clients/admin', undefined, MISSING],
  ['DELETE', '/admin/clients/admin', 'Bearer x', INVALID],
  ['POST', '/admin/clients/admin/secrets', undefined, MISSING],
  ['DELETE', '/admin/clients/admin/secrets/x', undefined, MISSING],
  ['POST', '/admin/keys/rotate', 'Bearer x', INVALID],
] as const;

const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const withLength = (type: string, body: string): string =>
  `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Bodies that a route rejects with 400, 413 or 415 after authentication. */
const BODIES: readonly (readonly [string, string])[] = [
  ['malformed JSON', withLength('application/json', '{')],
  ['a malformed form', withLength('application/x-www-form-urlencoded', '%zz')],
  ['another type', withLength('text/plain', 'hello')],
  ['an invalid type', withLength('nonsense', 'hello')],
  ['multipart/form-data', withLength('multipart/form-data; boundary=x', '--x--')],
  ['no type', 'Content-Length: 5\r\n\r\nhello'],
  ['a Content-Encoding', `Content-Encoding: gzip\r\n${withLength('application/json', '{}')}`],
  ['too many bytes', withLength('application/json', 'x'.repeat(200_000))],
  ['too many bytes, chunked', `Transfer-Encoding: chunked\r\n\r\n${chunked('x'.repeat(100_000))}`],
  ['no body', '\r\n'],
];

function send(
  method: string,
  path: string,
  authorization: string | undefined,
  rest: string,
): Promise<Exchange> {
  const credentials = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`;
  return exchange(service.origin, `${method} ${path} HTTP/1.1\r\nHost: a\r\n${credentials}${rest}`);
}

describe.each(UNAUTHENTICATED)(
  'an unauthenticated caller of %s %s with the Authorization header %j',
  (method, path, authorization, challenge) => {
    it.each(BODIES)('gets 401, whatever the body is: %s', async (_name, rest) => {
      const { responses } = await send(method, path, authorization, rest);
      expect(responses.map(({ status, headers }) => [status, headers['www-authenticate']])).toEqual([
        [401, challenge],
      ]);
      expect(responses[0]?.headers['content-type']).toMatch(/^application\/json/);
      expect(responses[0]?.headers['x-request-id']).toBeDefined();
    });

    it('gets 401 before the body is sent, and no 100 Continue', async () => {
      const head = 'Content-Type: application/json\r\nContent-Length: 100000000\r\n';
      const waiting = await send(method, path, authorization, `${head}Expect: 100-continue\r\n\r\n`);
      expect(waiting).toMatchObject({ continued: 0, isClosed: true, responses: [{ status: 401 }] });
      const { responses } = await send(method, path, authorization, `${head}\r\n`);
      expect(responses[0]?.status).toBe(401);
    });

    it('can reuse the connection', async () => {
      const credentials = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`;
      const first = `${method} ${path} HTTP/1.1\r\nHost: a\r\n${credentials}${withLength('application/json', '{')}`;
      const { responses } = await exchange(service.origin, `${first}GET /ping HTTP/1.1\r\nHost: a\r\n\r\n`, {
        responses: 2,
      });
      expect(responses.map(({ status, text }) => [status, text.slice(0, 2)])).toEqual([
        [401, '{"'],
        [200, 'OK'],
      ]);
    });
  },
);

describe('an authenticated caller', () => {
  it.each([
    ['/token', () => worker, '{"sub":"worker","aud":"a"}', 'application/json', 200],
    ['/token', () => worker, '{', 'application/json', 400],
    ['/token', () => worker, '{}', 'text/plain', 415],
    ['/token', () => worker, 'x'.repeat(65_537), 'application/json', 413],
    [
      '/oauth2/token',
      () => worker,
      'grant_type=client_credentials',
      'application/x-www-form-urlencoded',
      200,
    ],
    ['/oauth2/token', () => worker, '%zz', 'application/x-www-form-urlencoded', 400],
    ['/oauth2/introspect', () => worker, 'token=x', 'application/x-www-form-urlencoded', 200],
    ['/oauth2/revoke', () => worker, 'token=x', 'application/x-www-form-urlencoded', 200],
    ['/admin/clients', () => bearer, '{', 'application/json', 400],
    ['/admin/clients', () => bearer, '{}', 'text/plain', 415],
    ['/admin/clients', () => bearer, 'x'.repeat(65_537), 'application/json', 413],
    ['/admin/keys/rotate', () => bearer, '{}', 'application/json', 202],
  ])('of %s gets the status for its body', async (path, authorization, body, type, status) => {
    const { responses } = await send('POST', path, authorization(), withLength(type, body));
    expect(responses.map((response) => response.status)).toEqual([status]);
  });

  it.each([
    ['/token', () => worker, '{"sub":"worker","aud":"a"}', 'application/json'],
    ['/oauth2/token', () => worker, 'grant_type=client_credentials', 'application/x-www-form-urlencoded'],
  ])('of %s gets 100 Continue before it sends the body', async (path, authorization, body, type) => {
    const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization()}\r\nExpect: 100-continue\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const { responses, continued } = await exchange(service.origin, head, { onContinue: body });
    expect([continued, responses.map(({ status }) => status)]).toEqual([1, [200]]);
  });
});

describe('a client disabled while its body is in transit', () => {
  it.each([
    ['/token', '{"sub":"leaver","aud":"a"}', 'application/json'],
    ['/oauth2/token', 'grant_type=client_credentials', 'application/x-www-form-urlencoded'],
    ['/oauth2/introspect', 'token=x', 'application/x-www-form-urlencoded'],
    ['/oauth2/revoke', 'token=x', 'application/x-www-form-urlencoded'],
    ['/admin/clients', '{"client_id":"sneaked-in"}', 'application/json'],
  ])('gets 401 from %s', async (path, body, type) => {
    const own = await RunningApp.start({ tokenEndpointAuth: 'required' });
    const admin = await Administrator.of(own);
    const leaver = await Administrator.of(own, 'leaver');
    const authorization = path.startsWith('/admin')
      ? `Bearer ${await leaver.token()}`
      : leaver.client.authorization;
    const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nExpect: 100-continue\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const { responses, continued } = await exchange(own.origin, head, {
      onContinue: async () => {
        expect((await admin.update('leaver', { disabled: true })).status).toBe(200);
        return body;
      },
    });
    const { status } = await admin.show('sneaked-in');
    await own.stop();
    expect([continued, responses.map((response) => response.status), status]).toEqual([1, [401], 404]);
  });
});

describe('a failed authentication', () => {
  it.each([
    ['/token', '{', 'application/json'],
    ['/oauth2/token', 'grant_type=client_credentials', 'application/x-www-form-urlencoded'],
    ['/oauth2/introspect', 'token=x', 'application/x-www-form-urlencoded'],
    ['/oauth2/revoke', 'token=x', 'application/x-www-form-urlencoded'],
  ])('at %s is audited once', async (path, body, type) => {
    service.captured.clear();
    await send('POST', path, basic('worker', 'x'), withLength(type, body));
    await service.get('/ping');
    const events = service.captured.lines.filter(({ audit }) => audit === true).map(({ event }) => event);
    const refused = path.endsWith('token') ? ['token.refused'] : [];
    expect(events).toEqual(['authentication.failed', ...refused]);
  });

  it('counts once towards the limit, and a success does not count', async () => {
    const limited = await RunningApp.start({ authFailureMax: 3 });
    const { authorization } = await makeClient(limited, 'worker', { audiences: ['a'] });
    const ask = async (secret: string): Promise<number> =>
      (await limited.post('/token', { sub: 'worker', aud: 'a' }, { authorization: secret })).status;
    const found: number[] = [];
    for (let index = 0; index < 4; index++) found.push(await ask(authorization));
    for (let index = 0; index < 4; index++) found.push(await ask(basic('worker', 'x')));
    await limited.stop();
    expect(found).toEqual([200, 200, 200, 200, 401, 401, 401, 429]);
  });

  it('gets 429 instead of 401 over the rate limit', async () => {
    const limited = await RunningApp.start({ rateLimitMax: 1 });
    await limited.get('/admin/clients');
    const { status } = await limited.get('/admin/clients');
    await limited.stop();
    expect(status).toBe(429);
  });
});
