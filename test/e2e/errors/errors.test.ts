import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rawHttp } from '../../support/raw-http.js';
import { type Answer, RunningApp } from '../../support/running-app.js';

const VALID = '{"sub":"user-42","aud":"logging-service"}';
const MALFORMED = { error: 'Malformed JSON', code: 'invalid_request' };

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start();
});
afterAll(() => service.stop());

function expectError({ status, body, headers }: Answer, expected: { status: number; code: string }): void {
  expect({ status, body }).toEqual({
    status: expected.status,
    body: { error: expect.any(String), code: expected.code },
  });
  expect(headers.get('content-type')).toMatch(/^application\/json\b/);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]+$/);
}

it('does not heed an Expect that it does not know (RFC 9110 §10.1.1), which Node would answer 417 without a word', async () => {
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
  ])('answers GET %s', async (path) =>
    expectError(await service.get(path), { status: 404, code: 'not_found' }),
  );

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('responds %s to an invalid URL', async (method) => {
    expectError(await service.request('/no-such-route', { method }), { status: 404, code: 'not_found' });
  });

  it.each(['text/xml', 'application/json', 'application/x-www-form-urlencoded', 'x'])(
    'answers a body of %s that it would not read',
    async (type) => {
      const init = { method: 'POST', body: '<%zz/>', headers: { 'content-type': type } };
      expectError(await service.request('/no-such-route', init), { status: 404, code: 'not_found' });
    },
  );

  it('does not repeat the address', async () => {
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

  it.each(cases)('answers %s %s, and allows %s', async (method, path, allow) => {
    const answer = await service.request(path, { method });
    expectError(answer, { status: 405, code: 'method_not_allowed' });
    expect(answer.headers.get('allow')).toBe(allow);
  });

  it('answers HEAD without a body', async () => {
    const { status, text, headers } = await service.request('/token', { method: 'HEAD' });
    expect({ status, text, allow: headers.get('allow') }).toEqual({ status: 405, text: '', allow: 'POST' });
  });

  it('comes before the body is read', async () => {
    const answer = await service.request('/token', { method: 'PUT', body: 'x'.repeat(70_000) });
    expectError(answer, { status: 405, code: 'method_not_allowed' });
  });

  it.each(['TRACE', 'PROPFIND'])('or 404 answers %s, which no route of the service knows', async (method) => {
    const { status } = await rawHttp(
      service.origin,
      `${method} /token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    expect([404, 405, 501]).toContain(status);
  });
});

describe('413', () => {
  /** A body for /token of exactly so many bytes. */
  const ofBytes = (bytes: number): string =>
    `${VALID.slice(0, -1)},"pad":"${'x'.repeat(bytes - VALID.length - 9)}"}`;

  it('answers a body over 64 KiB, and none of just that', async () => {
    expect(ofBytes(65_536)).toHaveLength(65_536);
    expect((await service.postRaw('/token', ofBytes(65_536))).status).toBe(200);
    expectError(await service.postRaw('/token', ofBytes(65_537)), { status: 413, code: 'payload_too_large' });
    expectError(await service.postRaw('/verify', ofBytes(65_537)), {
      status: 413,
      code: 'payload_too_large',
    });
  });

  it('answers a body that does not say how long it is', async () => {
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
  ])('answers a body of %s', async (type) => {
    const answer = await service.request('/token', {
      method: 'POST',
      body: VALID,
      headers: { 'content-type': type },
    });
    expectError(answer, { status: 415, code: 'unsupported_media_type' });
  });

  it('answers a body without a type', async () => {
    const answer = await service.request('/token', { method: 'POST', body: new TextEncoder().encode(VALID) });
    expectError(answer, { status: 415, code: 'unsupported_media_type' });
  });

  it.each(['gzip', 'GZIP', 'deflate', 'br', 'x-unknown', 'gzip, identity', 'identity, gzip'])(
    'answers the Content-Encoding %s',
    async (encoding) => {
      const answer = await service.postRaw('/token', new Uint8Array(gzipSync(VALID)), {
        'content-encoding': encoding,
      });
      expectError(answer, { status: 415, code: 'unsupported_media_type' });
    },
  );

  it.each(['GET', 'HEAD'])(
    'does not look at the Content-Encoding of %s, whose body no one reads',
    async (method) => {
      const headers = { 'content-encoding': 'gzip' };
      expect((await service.request('/ping', { method, headers })).status).toBe(200);
    },
  );

  it.each(['identity', 'Identity'])('does not answer the Content-Encoding %s', async (encoding) => {
    expect((await service.postRaw('/token', VALID, { 'content-encoding': encoding })).status).toBe(200);
  });
});

describe.each(['/token', '/verify'])('malformed JSON, to %s', (path) => {
  const nested = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  const latin1 = (text: string): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(text, (each) => each.charCodeAt(0));

  it.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ['blanks', '  '],
    ['what is no JSON', '{sub:1}'],
    ['a form', 'sub=a&aud=b'],
    ['what is cut', VALID.slice(0, -1)],
    ['two values', VALID + VALID],
    ['a trailing comma', '{"sub":"a","aud":"b",}'],
    ['single quotes', "{'sub':'a','aud':'b'}"],
    ['a byte order mark alone', '\uFEFF'],
    ['two byte order marks', `\uFEFF\uFEFF${VALID}`],
    ['a byte order mark behind a space', ` \uFEFF${VALID}`],
    ['a byte order mark at the end', `${VALID}\uFEFF`],
    ['a byte order mark that is cut', latin1(`\xef\xbb${VALID}`)],
    ['UTF-16 with its mark', new Uint8Array(Buffer.from(`\uFEFF${VALID}`, 'utf16le'))],
    ['UTF-16', new Uint8Array(Buffer.from(VALID, 'utf16le'))],
    ['a field twice', '{"sub":"a","sub":"b","aud":"c"}'],
    ['a field twice, once escaped', '{"sub":"a","\\u0073ub":"a","aud":"c"}'],
    ['a field twice, deep', '{"sub":"a","aud":"b","claims":{"x":[{"y":1,"y":1}]}}'],
    ['an unknown field twice', '{"sub":"a","aud":"b","x":1,"x":2}'],
    ['an invalid byte', latin1('{"sub":"a\xff","aud":"b"}')],
    ['an overlong form', latin1('{"sub":"a\xc0\xaf","aud":"b"}')],
    ['an encoded surrogate', latin1('{"sub":"a\xed\xa0\x80","aud":"b"}')],
    ['an invalid byte in a field that is ignored', latin1('{"sub":"a","aud":"b","x":"\x80"}')],
    ['33 levels', nested(33)],
    ['thousands of levels', nested(20_000)],
    ['__proto__', '{"sub":"a","aud":"b","__proto__":{"x":1}}'],
    ['__proto__, deep', '{"sub":"a","aud":"b","x":[{"__proto__":null}]}'],
    ['__proto__ in claims', '{"sub":"a","aud":"b","claims":{"__proto__":{"x":1}}}'],
    ['__proto__, escaped', '{"sub":"a","aud":"b","\\u005f\\u005fproto__":{}}'],
    ['constructor.prototype', '{"sub":"a","aud":"b","constructor":{"prototype":{"x":1}}}'],
    ['constructor.prototype, deep', '{"sub":"a","aud":"b","x":[{"constructor":{"prototype":null}}]}'],
    ['constructor.prototype in claims', '{"sub":"a","aud":"b","claims":{"constructor":{"prototype":{}}}}'],
  ])('rejects %s', async (_name, bytes) => {
    const answer = await service.postRaw(path, bytes);
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 400, body: MALFORMED });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['nothing', ''],
    ['a byte order mark before it', '\uFEFF{}'],
    ['32 levels', nested(32)],
    ['constructor without prototype', '{"constructor":{"a":1}}'],
    ['a constructor that is text', '{"constructor":"prototype"}'],
    ['prototype alone', '{"prototype":{"a":1}}'],
    ['__proto__ as a value', '{"a":"__proto__"}'],
  ])('reads %s, and then misses its fields', async (_name, text) => {
    expect((await service.postRaw(path, text)).body['error']).toMatch(/^Missing required/);
  });
});

describe('what is no request', () => {
  it.each(['/%', '/%zz', '/%c3%28', '/ping%'])('is answered as a bad address: %s', async (path) => {
    const { status, text } = await rawHttp(
      service.origin,
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    expect([400, 404]).toContain(status);
    expect(text).toMatch(/"code":"(invalid_request|not_found)"/);
    expect(text.toLowerCase()).toContain('x-content-type-options: nosniff');
  });

  it.each([
    ['what is not HTTP', 'HELLO\r\n\r\n', 400],
    ['a header without a name', 'GET /ping HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n', 400],
    [
      'two lengths',
      'POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{',
      400,
    ],
    [
      'a length and chunks',
      'POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'headers that are too large',
      `GET /ping HTTP/1.1\r\nHost: a\r\nX-Pad: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
  ])('is answered if it is %s', async (_name, bytes, status) => {
    const answer = await rawHttp(service.origin, bytes);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain('"code":"invalid_request"');
    expect(answer.text).toMatch(/x-content-type-options: nosniff/i);
  });

  it('leaves the service as it was', async () => {
    await rawHttp(service.origin, 'HELLO\r\n\r\n');
    expect((await service.get('/ping')).text).toBe('OK');
  });
});
