import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Administrator, makeClient } from '../../support/clients.js';
import { exchange, type RawResponse } from '../../support/raw-exchange.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let bearer: string;
let worker: string;
beforeAll(async () => {
  service = await RunningApp.start({ swagger: true });
  bearer = `Bearer ${await (await Administrator.of(service)).token()}`;
  worker = (await makeClient(service, 'worker', { audiences: ['a'] })).authorization;
});
afterAll(() => service.stop());

const ROUTES = [
  ['GET', '/ping'],
  ['POST', '/token'],
  ['POST', '/verify'],
  ['GET', '/debug-env'],
  ['POST', '/oauth2/token'],
  ['POST', '/oauth2/introspect'],
  ['POST', '/oauth2/revoke'],
  ['GET', '/.well-known/jwks.json'],
  ['GET', '/.well-known/openid-configuration'],
  ['GET', '/admin/clients'],
  ['DELETE', '/admin/clients/worker'],
  ['GET', '/health/live'],
  ['GET', '/metrics'],
  ['GET', '/openapi.json'],
  ['GET', '/docs'],
  ['PUT', '/token'],
  ['GET', '/no-such-route'],
] as const;

async function send(method: string, path: string, lines: readonly string[]): Promise<RawResponse> {
  const { responses } = await exchange(
    service.origin,
    `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`,
  );
  const [response] = responses;
  if (!response) throw new Error('No response');
  return response;
}

describe.each(ROUTES)('%s %s', (method, path) => {
  it.each<[string, () => string[]]>([
    ['two Host headers', () => ['Host: a', 'Host: b']],
    ['two equal Host headers', () => ['Host: a', 'host: a']],
    ['a Host header and an empty one', () => ['Host:', 'HOST: a']],
    ['two Authorization headers', () => ['Host: a', `Authorization: ${bearer}`, `Authorization: ${worker}`]],
    [
      'two equal Authorization headers',
      () => ['Host: a', `Authorization: ${worker}`, `authorization: ${worker}`],
    ],
    [
      'an Authorization header and an empty one',
      () => ['Host: a', `AUTHORIZATION: ${bearer}`, 'Authorization:'],
    ],
    [
      'two Content-Type headers',
      () => ['Host: a', 'Content-Type: application/json', 'Content-Type: text/plain'],
    ],
  ])('rejects %s with 400', async (_name, lines) => {
    const { status, body } = await send(method, path, lines());
    const isForm = path.startsWith('/oauth2');
    expect([status, body]).toEqual([
      400,
      isForm
        ? { error: 'invalid_request', error_description: expect.any(String) }
        : { error: expect.any(String), code: 'invalid_request' },
    ]);
  });

  it('rejects an HTTP/1.1 request without Host', async () => {
    const { status, headers, body } = await send(method, path, ['Accept: */*']);
    expect(status).toBe(400);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(Object.values(body)).toEqual(expect.arrayContaining(['invalid_request', 'Send a Host header']));
  });

  it.each([
    ['two Content-Length headers', ['Content-Length: 2', 'Content-Length: 3']],
    ['two equal Content-Length headers', ['Content-Length: 2', 'Content-Length: 2']],
    ['both Content-Length and Transfer-Encoding', ['Content-Length: 2', 'Transfer-Encoding: chunked']],
    ['a list in Content-Length', ['Content-Length: 2, 2']],
    ['a coding after chunked', ['Transfer-Encoding: chunked, gzip']],
  ])('rejects %s with 400', async (_name, lines) => {
    expect((await send(method, path, ['Host: a', ...lines, '', '{}'])).status).toBe(400);
  });
});

it('accepts an HTTP/1.0 request without Host', async () => {
  const { responses } = await exchange(
    service.origin,
    'GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  );
  expect(responses[0]?.status).toBe(200);
});

it('accepts other repeated headers', async () => {
  const lines = [
    'Host: a',
    'Accept: a',
    'Accept: b',
    'X-Forwarded-For: a',
    'X-Forwarded-For: b',
    'Cookie: a',
    'Cookie: b',
  ];
  expect((await send('GET', '/ping', lines)).status).toBe(200);
});
