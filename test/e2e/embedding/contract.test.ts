import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type INestApplication, RequestMethod, VersioningType } from '@nestjs/common';
import { handMadeToken, readToken } from '../../support/hand-made-token.js';
import { HostApp, SERVERS } from '../../support/host-app.js';
import { hostModule, KeptAudit, KeptVerifications, tokenOptions } from '../../support/host-module.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';
import { rawHttp } from '../../support/raw-http.js';
import { exchange } from '../../support/raw-exchange.js';
import type { ServiceResponse } from '../../support/running-app.js';

const VALID = { sub: 'user-42', aud: 'logging-service' };
const MALFORMED = { error: 'Malformed JSON', code: 'invalid_request' };
const NO_CLAIMS = { error: 'Missing required claims (sub, aud)', code: 'invalid_request' };
const NO_FIELDS = { valid: false, error: 'Missing required fields (token, aud)', code: 'invalid_request' };

const text = JSON.stringify(VALID);
const ofBytes = (bytes: number): string =>
  `${text.slice(0, -1)},"pad":"${'x'.repeat(bytes - text.length - 9)}"}`;

/** The paths at which an application can mount the routes. */
const PLACES: readonly {
  readonly name: string;
  readonly base: string;
  readonly path?: string;
  readonly prepare?: (app: INestApplication) => void;
}[] = [
  { name: 'at the root', base: '' },
  {
    name: 'under a global prefix and a path, with URI versioning',
    base: '/api/Identity',
    path: 'Identity',
    prepare: (app) => {
      app.setGlobalPrefix('api');
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    },
  },
  {
    name: 'excluded from the global prefix',
    base: '/identity',
    path: '/identity/',
    prepare: (app) =>
      app.setGlobalPrefix('/api', {
        exclude: [{ path: 'identity/*rest', method: RequestMethod.ALL }],
      }),
  },
];

const table = SERVERS.flatMap((server) => PLACES.map((place) => ({ server, ...place })));

describe.each(table)('The routes in an application on $server, $name', ({ server, base, path, prepare }) => {
  const clock = new MovedClock();
  let host: HostApp;

  beforeAll(async () => {
    const routes = {
      guards: [],
      audit: KeptAudit,
      verifications: KeptVerifications,
      ...(path !== undefined && { path }),
    };
    host = await HostApp.start(server, hostModule(tokenOptions(clock, { routes })), {
      ...(prepare && { prepare }),
    });
  });
  beforeEach(() => {
    clock.set(NEW_YEAR);
    KeptAudit.events.length = 0;
    KeptVerifications.codes.length = 0;
  });
  afterAll(() => host.stop());

  const post = (
    route: string,
    value: string | object,
    headers: Record<string, string> = {},
  ): Promise<ServiceResponse> => host.post(base + route, value, headers);

  function expectHeaders({ headers }: ServiceResponse): void {
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]+$/);
  }

  it('issue a token and verify it', async () => {
    const issued = await post('/token', { ...VALID, scope: 'logs:write', claims: { tenant: 'acme' } });
    expect(issued).toMatchObject({
      status: 200,
      body: { token: expect.any(String), token_type: 'Bearer', expires_in: 900 },
    });
    expectHeaders(issued);
    const token = String(issued.body['token']);
    const { claims } = readToken(token);
    expect(claims).toMatchObject({ iss: 'identity-backend', sub: 'user-42', tenant: 'acme', iat: NEW_YEAR });

    const verified = await post('/verify', { token, aud: 'logging-service' });
    expect(verified).toMatchObject({ status: 200, body: { valid: true, claims } });
    expectHeaders(verified);
    expect(KeptVerifications.codes).toEqual(['valid']);
  });

  it('write to the audit log of the application with the request ID', async () => {
    await post('/token', VALID, { 'x-request-id': 'call-7' });
    await post('/token', { ...VALID, aud: 'identity-backend' }, { 'x-request-id': 'call-8' });
    expect(KeptAudit.events).toMatchObject([
      { requestId: 'call-7', event: { event: 'token.issued', alg: 'HS256', sub: 'user-42' } },
      { requestId: 'call-8', event: { event: 'token.refused', code: 'invalid_target' } },
    ]);
  });

  it('keep a valid X-Request-Id, and generate one if it is invalid or missing', async () => {
    const given = await post('/token', VALID, { 'x-request-id': 'call-7' });
    expect(given.headers.get('x-request-id')).toBe('call-7');
    const made = await post('/token', VALID, { 'x-request-id': 'not sane' });
    expect(made.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]+$/);
    await post('/token', VALID);
    expect(KeptAudit.events.at(-1)?.requestId).toMatch(/^[A-Za-z0-9._-]+$/);
  });

  it.each([
    ['Token expired', 'token_expired', { claims: { exp: NEW_YEAR - 12 } }],
    ['Token not yet valid', 'token_not_yet_valid', { claims: { nbf: NEW_YEAR + 60 } }],
    ['Invalid issuer', 'invalid_issuer', { claims: { iss: 'another' } }],
    ['Invalid audience', 'invalid_audience', { claims: { aud: 'another' } }],
    ['Invalid signature', 'invalid_signature', { secret: 'x'.repeat(32) }],
    ['Invalid token', 'malformed_token', { header: { alg: 'none' } }],
  ])('reject a token with 401 and "%s"', async (error, code, difference) => {
    const response = await post('/verify', { token: handMadeToken(difference), aud: 'logging-service' });
    expect(response).toMatchObject({
      status: 401,
      body: { valid: false, error, code, hint: expect.any(String) },
    });
    expectHeaders(response);
  });

  it.each<[string, string | object, number, object]>([
    ['/token', {}, 400, NO_CLAIMS],
    ['/token', '[]', 400, NO_CLAIMS],
    ['/token', { ...VALID, sub: 1 }, 400, { code: 'invalid_request', error: expect.stringMatching(/^sub /) }],
    ['/token', { ...VALID, expires_in: 901 }, 400, { error: 'expires_in must be at most 900 seconds' }],
    [
      '/token',
      { ...VALID, aud: 'identity-backend' },
      403,
      { error: 'Audience not allowed', code: 'invalid_target' },
    ],
    [
      '/token',
      { ...VALID, scope: 'identity:admin' },
      403,
      { error: 'Scope not allowed', code: 'invalid_scope' },
    ],
    ['/token', '{"sub":', 400, MALFORMED],
    ['/token', '', 400, NO_CLAIMS],
    ['/token', '\uFEFF\uFEFF{}', 400, MALFORMED],
    ['/token', '\uFEFF', 400, MALFORMED],
    ['/token', '\uFEFF{}', 400, NO_CLAIMS],
    ['/token', `{"sub":"a","sub":"b","aud":"c"}`, 400, MALFORMED],
    ['/token', `{"sub":"a","aud":"c","__proto__":{}}`, 400, MALFORMED],
    ['/token', `{"sub":"a","aud":"c","constructor":{"prototype":{}}}`, 400, MALFORMED],
    ['/token', '['.repeat(33) + ']'.repeat(33), 400, MALFORMED],
    ['/token', new Uint8Array([...new TextEncoder().encode('{"sub":"'), 0xff, 0x22, 0x7d]), 400, MALFORMED],
    ['/token', ofBytes(65_537), 413, { code: 'payload_too_large', error: 'The body is larger than 64 KiB' }],
    ['/verify', {}, 400, NO_FIELDS],
    ['/verify', { token: 1, aud: 'a' }, 400, NO_FIELDS],
    ['/verify', '{', 400, MALFORMED],
    ['/verify', ofBytes(65_537), 413, { code: 'payload_too_large' }],
  ])('reject POST %s with body %#', async (route, body, status, expected) => {
    const response = await post(route, body);
    expect(response).toMatchObject({ status, body: expected });
    expectHeaders(response);
  });

  it('accept a body of exactly 64 KiB', async () => {
    expect((await post('/token', ofBytes(65_536))).status).toBe(200);
  });

  it('treat a missing body like an empty object', async () => {
    expect(await host.request(`${base}/token`, { method: 'POST' })).toMatchObject({
      status: 400,
      body: NO_CLAIMS,
    });
  });

  it.each(
    [
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data',
      'x',
    ].flatMap((type) =>
      [
        ['', ''],
        ['Content-Length: 0\r\n', ''],
        ['Transfer-Encoding: chunked\r\n', '0\r\n\r\n'],
      ].map(([head = '', body = '']) => [type, head, body] as const),
    ),
  )('treat a missing body of type %s like an empty object (%j)', async (type, head, body) => {
    const lines = `POST ${base}/token HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\n${head}\r\n${body}`;
    const { responses } = await exchange(host.origin, lines);
    expect(responses).toMatchObject([{ status: 400, body: NO_CLAIMS }]);
  });

  it.each([
    ['Host', ['Host: a', 'Host: b']],
    ['Authorization', ['Host: a', 'Authorization: Bearer x', 'authorization: Bearer x']],
    ['Content-Type', ['Host: a', 'Content-Type: application/json', 'Content-Type: text/plain']],
  ])('reject two %s headers with 400', async (_name, lines) => {
    const { responses } = await exchange(
      host.origin,
      `POST ${base}/token HTTP/1.1\r\n${lines.join('\r\n')}\r\nContent-Length: 2\r\n\r\n{}`,
    );
    expect(responses).toMatchObject([{ status: 400, body: { code: 'invalid_request' } }]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/merge-patch+json', 'text/json'])(
    'reject a body of type %s with 415',
    async (type) => {
      const response = await post('/token', VALID, { 'content-type': type });
      expect(response).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
      expectHeaders(response);
    },
  );

  it.each(['application/json; charset=utf-8', 'Application/JSON ; x=y'])(
    'accept a body of type %s',
    async (type) => {
      expect((await post('/token', VALID, { 'content-type': type })).status).toBe(200);
    },
  );

  it('reject a body without a Content-Type, and a compressed one, with 415', async () => {
    const untyped = await host.request(`${base}/token`, {
      method: 'POST',
      body: new TextEncoder().encode(text),
    });
    const compressed = await post('/token', new Uint8Array(gzipSync(text)), { 'content-encoding': 'gzip' });
    for (const response of [untyped, compressed]) {
      expect(response).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
      expectHeaders(response);
    }
  });

  it('reject a chunked body over 64 KiB with 413', async () => {
    const chunk = `${(60_000).toString(16)}\r\n${'x'.repeat(60_000)}\r\n`;
    const { status, text: response } = await rawHttp(
      host.origin,
      `POST ${base}/token HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n` +
        `Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n`,
    );
    expect(status).toBe(413);
    expect(response).toContain('"code":"payload_too_large"');
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('reject %s with 405 and Allow: POST', async (method) => {
    const response = await host.request(`${base}/token?x`, { method });
    expect(response).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(response.headers.get('allow')).toBe('POST');
    expectHeaders(response);
  });

  it('accept a request after rejected ones', async () => {
    for (const body of ['{', text, '{', text]) await post('/token', body);
    expect((await post('/token', text)).status).toBe(200);
  });
});
