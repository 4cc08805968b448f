import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Administrator, makeClient } from '../../support/clients.js';
import { exchange, type RawResponse } from '../../support/raw-exchange.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let bearer: string;
let worker: string;
let clients = 0;
beforeAll(async () => {
  service = await RunningApp.start();
  bearer = `Bearer ${await (await Administrator.of(service)).token()}`;
  worker = (await makeClient(service, 'worker', { audiences: ['a'] })).authorization;
});
afterAll(() => service.stop());

/** The content types of a body that is not sent. */
const TYPES = [
  undefined,
  'application/json',
  'application/json; charset=utf-8',
  'application/merge-patch+json',
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=UTF-8',
  'text/plain',
  'text/plain; charset=ISO-8859-1',
  'multipart/form-data; boundary=x',
  'application/octet-stream',
  'application/xml',
  '*/*',
  'nonsense',
  'application/',
  '/json',
  ';',
  '',
  'application/json application/json',
];
const LENGTHS = [
  ['no Content-Length', '', ''],
  ['Content-Length: 0', 'Content-Length: 0\r\n', ''],
  ['Content-Length: 00', 'Content-Length: 00\r\n', ''],
  ['no bytes in chunks', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n'],
] as const;

async function ask(
  method: string,
  path: string,
  authorization: string | undefined,
  [type, head, body]: readonly [string | undefined, string, string],
): Promise<RawResponse> {
  const lines = [
    `${method} ${path} HTTP/1.1\r\nHost: a\r\n`,
    authorization === undefined ? '' : `Authorization: ${authorization}\r\n`,
    type === undefined ? '' : `Content-Type: ${type}\r\n`,
    `${head}\r\n${body}`,
  ];
  const { responses } = await exchange(service.origin, lines.join(''));
  const [response] = responses;
  if (!response) throw new Error('No response');
  return response;
}

const CASES = TYPES.flatMap((type) => LENGTHS.map(([name, head, body]) => [type, name, head, body] as const));

describe.each(CASES)(
  'a request without a body, with the Content-Type %j and %s',
  (type, _name, head, body) => {
    const sent = [type, head, body] as const;

    it('is accepted by a route that needs no body', async () => {
      const { id, secretId } = await makeClient(service, `client-${++clients}`, {});
      const secrets = `/admin/clients/${id}/secrets`;
      const { status, body: added } = await ask('POST', secrets, bearer, sent);
      expect([status, added]).toEqual([201, expect.objectContaining({ client_secret: expect.any(String) })]);
      expect((await ask('DELETE', `${secrets}/${secretId}`, bearer, sent)).status).toBe(204);
      expect((await ask('DELETE', `/admin/clients/${id}`, bearer, sent)).status).toBe(204);
      expect((await ask('POST', '/admin/keys/rotate', bearer, sent)).status).toBe(202);
      expect((await ask('GET', '/admin/clients', bearer, sent)).status).toBe(200);
    });

    it('gets 400 that names what is missing from a route that needs a body', async () => {
      const missing: [string, string, string | undefined, RegExp][] = [
        ['POST', '/token', undefined, /^Missing required claims/],
        ['POST', '/verify', undefined, /^Missing required fields/],
        ['POST', '/admin/clients', bearer, /./],
        ['PATCH', '/admin/clients/admin', bearer, /./],
      ];
      for (const [method, path, authorization, words] of missing) {
        const { status, body: answered } = await ask(method, path, authorization, sent);
        expect([path, status, answered]).toMatchObject([
          path,
          400,
          { code: 'invalid_request', error: expect.stringMatching(words) },
        ]);
      }
      for (const path of ['/oauth2/token', '/oauth2/introspect', '/oauth2/revoke']) {
        const { status, body: answered } = await ask('POST', path, worker, sent);
        expect([path, status, answered['error']]).toEqual([path, 400, 'invalid_request']);
        expect(answered['error_description']).toMatch(/ is missing$/);
      }
    });

    it('gets 401 first if the caller is not authenticated', async () => {
      for (const [method, path] of [
        ['DELETE', '/admin/clients/admin'],
        ['POST', '/admin/clients/admin/secrets'],
        ['POST', '/admin/keys/rotate'],
        ['POST', '/admin/clients'],
        ['PATCH', '/admin/clients/admin'],
      ] as const) {
        const { status, headers } = await ask(method, path, undefined, sent);
        expect([path, status, headers['www-authenticate']]).toEqual([
          path,
          401,
          'Bearer realm="identity-backend"',
        ]);
      }
    });
  },
);

describe('a Content-Encoding without a body', () => {
  it.each(LENGTHS)('is ignored with %s', async (_name, head, body) => {
    const sent = [undefined, `Content-Encoding: gzip\r\n${head}`, body] as const;
    expect((await ask('POST', '/admin/keys/rotate', bearer, sent)).status).toBe(202);
    expect((await ask('POST', '/token', undefined, sent)).status).toBe(400);
  });
});
