import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rawHttp } from '../../support/raw-http.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

const VALID = '{"sub":"user-42","aud":"logging-service"}';
const MALFORMED = { error: 'Malformed JSON', code: 'invalid_request' };

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start();
});
afterAll(() => service.stop());

function expectError(
  { status, body, headers }: ServiceResponse,
  expected: { status: number; code: string },
): void {
  expect({ status, body }).toEqual({
    status: expected.status,
    body: { error: expect.any(String), code: expected.code },
  });
  expect(headers.get('content-type')).toMatch(/^application\/json\b/);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]+$/);
}

it('ignores an unknown Expect header (RFC 9110 §10.1.1), which Node rejects with a bare 417', async () => {
  const head = 'GET /ping HTTP/1.1\r\nHost: a\r\nExpect: more\r\nConnection: close\r\n\r\n';
  const { status, text } = await rawHttp(service.origin, head);
  expect(status).toBe(200);
  expect(text).toMatch(/\r\n\r\nOK$/);
});

describe('404', () => {
  it.each([
    '/',
    '/no-such-route',
    '/token/',
    '/token/x',
    '/TOKEN',
    '//token',
    '/ping%2F',
    '/..%2Fping',
    '/constructor',
  ])('is returned for GET %s', async (path) =>
    expectError(await service.get(path), { status: 404, code: 'not_found' }),
  );

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'is returned for %s of an unknown route',
    async (method) => {
      expectError(await service.request('/no-such-route', { method }), { status: 404, code: 'not_found' });
    },
  );

  it.each(['text/xml', 'application/json', 'application/x-www-form-urlencoded', 'x'])(
    'is returned whatever the type of the body: %s',
    async (type) => {
      const init = { method: 'POST', body: '<%zz/>', headers: { 'content-type': type } };
      expectError(await service.request('/no-such-route', init), { status: 404, code: 'not_found' });
    },
  );

  it('does not repeat the URL', async () => {
    expect((await service.get('/path-marker?query-marker')).text).not.toContain('marker');
  });
});

describe('405', () => {
  const READ = ['/ping', '/health/live', '/health/ready', '/metrics', '/debug-env'];
  const cases = [
    ...['/token', '/verify'].flatMap((path) =>
      ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => [method, path, 'POST'] as const),
    ),
    ...READ.flatMap((path) =>
      ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => [method, path, 'GET, HEAD'] as const),
    ),
  ];

  it.each(cases)('is returned for %s %s, with Allow: %s', async (method, path, allow) => {
    const response = await service.request(path, { method });
    expectError(response, { status: 405, code: 'method_not_allowed' });
    expect(response.headers.get('allow')).toBe(allow);
  });

  it('has no body for HEAD', async () => {
    const { status, text, headers } = await service.request('/token', { method: 'HEAD' });
    expect({ status, text, allow: headers.get('allow') }).toEqual({ status: 405, text: '', allow: 'POST' });
  });

  it('takes precedence over 413', async () => {
    const response = await service.request('/token', { method: 'PUT', body: 'x'.repeat(70_000) });
    expectError(response, { status: 405, code: 'method_not_allowed' });
  });

  it.each(['TRACE', 'PROPFIND'])(
    'or 404 or 501 is returned for %s, which no route supports',
    async (method) => {
      const { status } = await rawHttp(
        service.origin,
        `${method} /token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      );
      expect([404, 405, 501]).toContain(status);
    },
  );
});

describe('413', () => {
  /** A body for /token of exactly this many bytes. */
  const ofBytes = (bytes: number): string =>
    `${VALID.slice(0, -1)},"pad":"${'x'.repeat(bytes - VALID.length - 9)}"}`;

  it('is returned for a body over 64 KiB, but not for exactly 64 KiB', async () => {
    expect(ofBytes(65_536)).toHaveLength(65_536);
    expect((await service.postRaw('/token', ofBytes(65_536))).status).toBe(200);
    expectError(await service.postRaw('/token', ofBytes(65_537)), { status: 413, code: 'payload_too_large' });
    expectError(await service.postRaw('/verify', ofBytes(65_537)), {
      status: 413,
      code: 'payload_too_large',
    });
  });

  it('is returned for a chunked body over 64 KiB', async () => {
    const chunk = 'x'.repeat(60_000);
    const { status, text } = await rawHttp(
      service.origin,
      `POST /token HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n` +
        `${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(2) +
        '0\r\n\r\n',
    );
    expect(status).toBe(413);
    expect(text).toContain('"code":"payload_too_large"');
  });
});

describe('415', () => {
  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json5',
    'application/jsonp',
    'application/vnd.api+json',
    'text/json',
    'json',
    'application',
    '*/*',
  ])('is returned for a body of type %s', async (type) => {
    const response = await service.request('/token', {
      method: 'POST',
      body: VALID,
      headers: { 'content-type': type },
    });
    expectError(response, { status: 415, code: 'unsupported_media_type' });
  });

  it('is returned for a body without a Content-Type', async () => {
    const response = await service.request('/token', {
      method: 'POST',
      body: new TextEncoder().encode(VALID),
    });
    expectError(response, { status: 415, code: 'unsupported_media_type' });
  });

  it.each(['gzip', 'GZIP', 'deflate', 'br', 'x-unknown', 'gzip, identity', 'identity, gzip'])(
    'is returned for Content-Encoding: %s',
    async (encoding) => {
      const response = await service.postRaw('/token', new Uint8Array(gzipSync(VALID)), {
        'content-encoding': encoding,
      });
      expectError(response, { status: 415, code: 'unsupported_media_type' });
    },
  );

  it.each(['GET', 'HEAD'])(
    'is not returned for a Content-Encoding on %s, which has no body',
    async (method) => {
      const headers = { 'content-encoding': 'gzip' };
      expect((await service.request('/ping', { method, headers })).status).toBe(200);
    },
  );

  it.each(['identity', 'Identity'])('is not returned for Content-Encoding: %s', async (encoding) => {
    expect((await service.postRaw('/token', VALID, { 'content-encoding': encoding })).status).toBe(200);
  });
});

describe.each(['/token', '/verify'])('POST %s', (path) => {
  const nested = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  const latin1 = (text: string): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(text, (each) => each.charCodeAt(0));

  it.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ['whitespace', '  '],
    ['an unquoted name', '{sub:1}'],
    ['a form', 'sub=a&aud=b'],
    ['truncated JSON', VALID.slice(0, -1)],
    ['two values', VALID + VALID],
    ['a trailing comma', '{"sub":"a","aud":"b",}'],
    ['single quotes', "{'sub':'a','aud':'b'}"],
    ['a byte order mark alone', '\uFEFF'],
    ['two byte order marks', `\uFEFF\uFEFF${VALID}`],
    ['a byte order mark after a space', ` \uFEFF${VALID}`],
    ['a byte order mark at the end', `${VALID}\uFEFF`],
    ['a truncated byte order mark', latin1(`\xef\xbb${VALID}`)],
    ['UTF-16 with a byte order mark', new Uint8Array(Buffer.from(`\uFEFF${VALID}`, 'utf16le'))],
    ['UTF-16', new Uint8Array(Buffer.from(VALID, 'utf16le'))],
    ['a repeated field', '{"sub":"a","sub":"b","aud":"c"}'],
    ['a repeated field, once escaped', '{"sub":"a","\\u0073ub":"a","aud":"c"}'],
    ['a repeated field in a nested object', '{"sub":"a","aud":"b","claims":{"x":[{"y":1,"y":1}]}}'],
    ['a repeated unknown field', '{"sub":"a","aud":"b","x":1,"x":2}'],
    ['an invalid UTF-8 byte', latin1('{"sub":"a\xff","aud":"b"}')],
    ['an overlong UTF-8 sequence', latin1('{"sub":"a\xc0\xaf","aud":"b"}')],
    ['a surrogate encoded in UTF-8', latin1('{"sub":"a\xed\xa0\x80","aud":"b"}')],
    ['an invalid UTF-8 byte in an ignored field', latin1('{"sub":"a","aud":"b","x":"\x80"}')],
    ['33 levels of nesting', nested(33)],
    ['20,000 levels of nesting', nested(20_000)],
    ['__proto__', '{"sub":"a","aud":"b","__proto__":{"x":1}}'],
    ['a nested __proto__', '{"sub":"a","aud":"b","x":[{"__proto__":null}]}'],
    ['__proto__ in claims', '{"sub":"a","aud":"b","claims":{"__proto__":{"x":1}}}'],
    ['an escaped __proto__', '{"sub":"a","aud":"b","\\u005f\\u005fproto__":{}}'],
    ['constructor.prototype', '{"sub":"a","aud":"b","constructor":{"prototype":{"x":1}}}'],
    ['a nested constructor.prototype', '{"sub":"a","aud":"b","x":[{"constructor":{"prototype":null}}]}'],
    ['constructor.prototype in claims', '{"sub":"a","aud":"b","claims":{"constructor":{"prototype":{}}}}'],
  ])('responds with "Malformed JSON" to %s', async (_name, bytes) => {
    const response = await service.postRaw(path, bytes);
    expect({ status: response.status, body: response.body }).toMatchObject({ status: 400, body: MALFORMED });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['an empty body', ''],
    ['a byte order mark before the object', '\uFEFF{}'],
    ['32 levels of nesting', nested(32)],
    ['constructor without prototype', '{"constructor":{"a":1}}'],
    ['a constructor that is a string', '{"constructor":"prototype"}'],
    ['prototype alone', '{"prototype":{"a":1}}'],
    ['__proto__ as a value', '{"a":"__proto__"}'],
  ])('parses %s, and reports the missing fields', async (_name, text) => {
    expect((await service.postRaw(path, text)).body['error']).toMatch(/^Missing required/);
  });
});

describe('an invalid HTTP request', () => {
  it.each(['/%', '/%zz', '/%c3%28', '/ping%'])('gets 400 or 404 for the URL %s', async (path) => {
    const { status, text } = await rawHttp(
      service.origin,
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    expect([400, 404]).toContain(status);
    expect(text).toMatch(/"code":"(invalid_request|not_found)"/);
    expect(text.toLowerCase()).toContain('x-content-type-options: nosniff');
  });

  it.each([
    ['a line that is not HTTP', 'HELLO\r\n\r\n', 400],
    ['a header without a name', 'GET /ping HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n', 400],
    [
      'two Content-Length headers',
      'POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{',
      400,
    ],
    [
      'both Content-Length and Transfer-Encoding',
      'POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'headers that are too large',
      `GET /ping HTTP/1.1\r\nHost: a\r\nX-Pad: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
  ])('gets the code invalid_request for %s', async (_name, bytes, status) => {
    const response = await rawHttp(service.origin, bytes);
    expect(response.status).toBe(status);
    expect(response.text).toContain('"code":"invalid_request"');
    expect(response.text).toMatch(/x-content-type-options: nosniff/i);
  });

  it('does not affect the next request', async () => {
    await rawHttp(service.origin, 'HELLO\r\n\r\n');
    expect((await service.get('/ping')).text).toBe('OK');
  });
});
