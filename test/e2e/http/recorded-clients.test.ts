import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Administrator, basic, makeClient } from '../../support/clients.js';
import { exchange, type Exchange } from '../../support/raw-exchange.js';
import {
  type Payload,
  RECORDED_CLIENTS,
  type RecordedClient,
  recordedRequest,
} from '../../support/recorded-clients.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
const credentials: Record<string, string | undefined> = {};
beforeAll(async () => {
  service = await RunningApp.start({ swagger: true, authFailureMax: 0 });
  credentials['admin'] = `Bearer ${await (await Administrator.of(service)).token()}`;
  credentials['worker'] = (await makeClient(service, 'worker', { audiences: ['a'] })).authorization;
  credentials['wrong'] = basic('worker', 'x');
  credentials['bad token'] = 'Bearer a.b.c';
});
afterAll(() => service.stop());

type Case = readonly [
  method: string,
  path: string,
  by: 'admin' | 'worker' | 'wrong' | 'bad token' | 'nobody',
  payload: Payload,
  body: string,
  status: number,
];

const TOKEN = '{"sub":"user-42","aud":"logging-service"}';
/** PowerShell 5.1 sends JSON that is not ASCII in ISO-8859-1, although JSON is UTF-8. */
const LATIN_1 = '{"sub":"M\xfcller","aud":"logging-service"}';
const MARKED = `\xef\xbb\xbf${TOKEN}`;
const VERIFY = '{"token":"a.b.c","aud":"logging-service"}';
const GRANT = 'grant_type=client_credentials';
const PARTS =
  '--------------------------d74496d66958873e\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nx\r\n--------------------------d74496d66958873e--\r\n';

const CASES: readonly Case[] = [
  ...['/ping', '/health/live', '/health/ready', '/debug-env', '/metrics', '/openapi.json'].map(
    (path): Case => ['GET', path, 'nobody', 'none', '', 200],
  ),
  ['GET', '/.well-known/jwks.json', 'nobody', 'none', '', 200],
  ['GET', '/.well-known/openid-configuration', 'nobody', 'none', '', 404],
  ['GET', '/no-such-route', 'nobody', 'none', '', 404],
  ['POST', '/ping', 'nobody', 'none', '', 405],
  ['POST', '/no-such-route', 'nobody', 'json', '{', 404],
  ['POST', '/token', 'nobody', 'json', TOKEN, 200],
  ['POST', '/token', 'nobody', 'json', MARKED, 200],
  ['POST', '/token', 'nobody', 'json', LATIN_1, 400],
  ['POST', '/token', 'nobody', 'json', '{', 400],
  ['POST', '/token', 'nobody', 'none', '', 400],
  ['POST', '/token', 'nobody', 'form', 'sub=a&aud=b', 415],
  ['POST', '/token', 'nobody', 'text', TOKEN, 415],
  ['POST', '/token', 'nobody', 'parts', PARTS, 415],
  ['POST', '/token', 'worker', 'json', '{"sub":"worker","aud":"a"}', 200],
  ['POST', '/token', 'wrong', 'json', '{', 401],
  ['POST', '/token', 'wrong', 'none', '', 401],
  ['POST', '/token', 'wrong', 'text', 'x', 401],
  ['POST', '/verify', 'nobody', 'json', VERIFY, 401],
  ['POST', '/verify', 'nobody', 'none', '', 400],
  ['POST', '/verify', 'nobody', 'form', 'token=a', 415],
  ['POST', '/oauth2/token', 'worker', 'form', GRANT, 200],
  ['POST', '/oauth2/token', 'worker', 'none', '', 400],
  ['POST', '/oauth2/token', 'worker', 'json', '{}', 400],
  ['POST', '/oauth2/token', 'worker', 'text', GRANT, 400],
  ['POST', '/oauth2/token', 'worker', 'parts', PARTS, 400],
  ['POST', '/oauth2/token', 'wrong', 'form', GRANT, 401],
  ['POST', '/oauth2/token', 'wrong', 'json', '{', 401],
  ['POST', '/oauth2/token', 'wrong', 'none', '', 401],
  ['POST', '/oauth2/token', 'nobody', 'form', GRANT, 401],
  ['POST', '/oauth2/introspect', 'worker', 'form', 'token=x', 200],
  ['POST', '/oauth2/introspect', 'wrong', 'parts', PARTS, 401],
  ['POST', '/oauth2/revoke', 'worker', 'form', 'token=x', 200],
  ['POST', '/oauth2/revoke', 'wrong', 'text', 'x', 401],
  ['GET', '/admin/clients', 'admin', 'none', '', 200],
  ['GET', '/admin/clients', 'nobody', 'none', '', 401],
  ['GET', '/admin/clients/worker', 'admin', 'none', '', 200],
  ['GET', '/admin/keys', 'admin', 'none', '', 200],
  ['POST', '/admin/clients', 'admin', 'json', '{"client_id":"made"}', 201],
  ['POST', '/admin/clients', 'admin', 'json', '{"client_id":"made"}', 409],
  ['POST', '/admin/clients', 'admin', 'none', '', 400],
  ['POST', '/admin/clients', 'admin', 'form', 'client_id=x', 415],
  ['POST', '/admin/clients', 'nobody', 'form', 'client_id=x', 401],
  ['POST', '/admin/clients', 'bad token', 'json', '{', 401],
  ['PATCH', '/admin/clients/made', 'admin', 'json', '{"name":"Made"}', 200],
  ['PATCH', '/admin/clients/made', 'admin', 'none', '', 400],
  ['PATCH', '/admin/clients/made', 'nobody', 'none', '', 401],
  ['POST', '/admin/clients/made/secrets', 'admin', 'none', '', 201],
  ['POST', '/admin/clients/made/secrets', 'admin', 'none', '', 409],
  ['POST', '/admin/clients/made/secrets', 'nobody', 'none', '', 401],
  ['DELETE', '/admin/clients/made/secrets/none', 'admin', 'none', '', 404],
  ['DELETE', '/admin/clients/made', 'bad token', 'none', '', 401],
  ['DELETE', '/admin/clients/made', 'admin', 'none', '', 204],
  ['POST', '/admin/keys/rotate', 'admin', 'none', '', 202],
  ['POST', '/admin/keys/rotate', 'admin', 'json', '{}', 202],
  ['POST', '/admin/keys/rotate', 'nobody', 'none', '', 401],
];

function send(client: RecordedClient, [method, path, by, payload, body]: Case): Promise<Exchange> {
  const request = { method, path, authorization: credentials[by], payload, body };
  const { head, held } = recordedRequest(client, request);
  return exchange(service.origin, Buffer.from(head, 'latin1'), { onContinue: held });
}

describe.each(RECORDED_CLIENTS.map((client) => [client.name, client] as const))('%s', (_name, client) => {
  it('gets the status of the contract from every route, one after another', async () => {
    const found: unknown[] = [];
    for (const each of CASES) {
      const { responses, continued } = await send(client, each);
      const [method, path, by, payload, body, status] = each;
      const [response] = responses;
      found.push([method, path, by, payload, body, response?.status]);
      expect(responses).toHaveLength(1);
      if (status === 401) expect(response?.headers['www-authenticate'] ?? path).toMatch(/^(Basic|Bearer|\/)/);
      // 100 Continue is sent only for a body that will be read.
      if (status === 401 && path !== '/verify' && by !== 'nobody') expect(continued).toBe(0);
      if (path.startsWith('/oauth2') && status === 400 && payload !== 'none')
        expect(response?.text).toContain('application/x-www-form-urlencoded');
      if (status === 415) expect(response?.text).toContain('application/json');
    }
    expect(found).toEqual(CASES);
  });
});
