import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { OutsideIssuer, trustIssuer } from '../../support/outside-issuer.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';
import { exampleOf, type OpenApi, operationsOf, resolved } from './document.js';

/** The codes of each status, on JSON and on OAuth routes. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  400: ['invalid_request', 'invalid_scope', 'unauthorized_client'],
  401: ['invalid_client', 'missing_token', 'token_expired'],
  403: ['invalid_target', 'insufficient_scope'],
  404: ['not_found'],
  409: ['conflict'],
  413: ['payload_too_large', 'invalid_request'],
  415: ['unsupported_media_type'],
  429: ['too_many_requests'],
  500: ['internal_error', 'server_error'],
  503: ['unavailable', 'temporarily_unavailable'],
};

/** An error response that is documented for a route. */
interface DocumentedError {
  readonly route: string;
  readonly status: string;
  readonly example: Readonly<Record<string, unknown>>;
  readonly members: readonly string[];
  readonly required: readonly string[];
}

/** The hint names what the client may request, which differs between clients. */
function hintOfClient(route: string, { body }: ServiceResponse): object {
  return route === 'POST /token' && 'hint' in body ? { hint: body['hint'] } : {};
}

let service: RunningApp;
let admin: Administrator;
let client: TestClient;
let errors: readonly DocumentedError[];
beforeAll(async () => {
  service = await RunningApp.start({ swagger: true });
  admin = await Administrator.of(service);
  client = await makeClient(service, 'known', { audiences: ['a'] });
  const document = (await service.get('/openapi.json')).body as unknown as OpenApi;
  errors = operationsOf(document).flatMap(([route, { responses }]) =>
    Object.entries(responses)
      .filter(([status]) => Number(status) >= 400)
      .map(([status, { content }]) => {
        const json = content?.['application/json'] ?? {};
        const { properties = {}, required = [] } = resolved(document, json.schema);
        const example = exampleOf(document, json) as DocumentedError['example'];
        return { route, status, example, members: Object.keys(properties), required };
      }),
  );
});
afterAll(() => service.stop());

const codeOf = (body: Readonly<Record<string, unknown>>): unknown => body['code'] ?? body['error'];

describe('the examples of errors in the OpenAPI document', () => {
  it('have a code of their status and the fields of their schema', () => {
    expect(errors.length).toBeGreaterThan(80);
    for (const { route, status, example, members, required } of errors) {
      expect([route, status, CODES[status]]).toEqual([
        route,
        status,
        expect.arrayContaining([codeOf(example)]),
      ]);
      expect([route, status, members]).toEqual([route, status, expect.arrayContaining(Object.keys(example))]);
      expect([route, status, Object.keys(example)]).toEqual([
        route,
        status,
        expect.arrayContaining([...required]),
      ]);
    }
  });

  it('differ between the statuses of a route', () => {
    for (const name of new Set(errors.map(({ route }) => route))) {
      const texts = errors
        .filter(({ route }) => route === name)
        .map(({ example }) => JSON.stringify(example));
      expect([name, new Set(texts).size]).toEqual([name, texts.length]);
    }
  });

  it('match the responses of the routes', async () => {
    const seen = await provoked();
    for (const [route, response] of seen) {
      const documented = errors.find(
        (each) => each.route === route && each.status === String(response.status),
      );
      const { example = {} } = documented ?? {};
      expect([route, response.status, codeOf(example), Object.keys(example).sort()]).toEqual([
        ...[route, response.status, codeOf(response.body), Object.keys(response.body).sort()],
      ]);
      // The error texts of these two routes are part of the contract.
      if (
        /\/(token|verify)$/.test(route) &&
        [400, 401, 403].includes(response.status) &&
        !route.includes('oauth2')
      )
        expect([route, { ...example, ...hintOfClient(route, response) }]).toEqual([route, response.body]);
    }
    expect(new Set(seen.map(([route, { status }]) => `${route} ${status}`)).size).toBe(seen.length);
  });
});

/** Responses to rejected requests, each with its route. */
async function provoked(): Promise<[string, ServiceResponse][]> {
  const bearer = { authorization: `Bearer ${await admin.token()}` };
  const basic = { authorization: client.authorization };
  const large = 'x'.repeat(66_000);
  const text = { 'content-type': 'text/plain' };
  const form = (
    path: string,
    parameters: Record<string, string>,
    headers = basic,
  ): Promise<ServiceResponse> => service.form(path, parameters, headers);
  const send = (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = bearer,
  ): Promise<ServiceResponse> =>
    service.request(path, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    });
  const grant = { grant_type: 'client_credentials' };
  const other = await makeClient(service, 'other', { audiences: ['a'], scopes: ['x'] });
  const foreign = await form('/oauth2/token', grant, { authorization: other.authorization });
  const secret = (await admin.addSecret('known')).body;
  const trusted = new OutsideIssuer('trusted').entry();
  await trustIssuer(service, admin, trusted);
  await makeClient(service, 'workload', { federated_credentials: [{ issuer: 'trusted', subject: 'job' }] });
  await trustIssuer(service, admin, new OutsideIssuer('as-is').entry({ subject: 'as_is' }));
  return [
    ['POST /token', await service.post('/token', {})],
    ['POST /token', await service.post('/token', { sub: 'a', aud: 'b' }, { authorization: 'Basic eDp5' })],
    ['POST /token', await service.post('/token', { sub: 'known', aud: 'b' }, basic)],
    ['POST /token', await service.postRaw('/token', '{}', text)],
    ['POST /token', await service.postRaw('/token', large)],
    ['POST /verify', await service.post('/verify', {})],
    ['POST /verify', await service.postRaw('/verify', '{}', text)],
    ['POST /verify', await service.postRaw('/verify', large)],
    ['GET /debug-env', await service.get('/debug-env?nonce=')],
    ['POST /oauth2/token', await form('/oauth2/token', { ...grant, scope: 'x' })],
    ['POST /oauth2/token', await form('/oauth2/token', grant, { authorization: 'Basic eDp5' })],
    ['POST /oauth2/token', await service.form('/oauth2/token', large, basic)],
    ['POST /oauth2/introspect', await form('/oauth2/introspect', {})],
    ['POST /oauth2/introspect', await form('/oauth2/introspect', {}, { authorization: 'Basic eDp5' })],
    ['POST /oauth2/introspect', await service.form('/oauth2/introspect', large, basic)],
    ['POST /oauth2/revoke', await form('/oauth2/revoke', { token: String(foreign.body['access_token']) })],
    ['POST /oauth2/revoke', await form('/oauth2/revoke', {}, { authorization: 'Basic eDp5' })],
    ['GET /.well-known/openid-configuration', await service.get('/.well-known/openid-configuration')],
    [
      'GET /.well-known/oauth-authorization-server',
      await service.get('/.well-known/oauth-authorization-server'),
    ],
    ['POST /admin/clients', await send('POST', '/admin/clients', { client_id: 'new', audiences: 'a' })],
    ['POST /admin/clients', await send('POST', '/admin/clients', {}, {})],
    ['POST /admin/clients', await send('POST', '/admin/clients', { client_id: 'known' })],
    ['POST /admin/clients', await send('POST', '/admin/clients', large)],
    ['POST /admin/clients', await send('POST', '/admin/clients', '{}', { ...bearer, ...text })],
    ['GET /admin/clients', await send('GET', '/admin/clients?limit=0')],
    ['GET /admin/clients', await send('GET', '/admin/clients', undefined, {})],
    ['GET /admin/clients/{id}', await send('GET', '/admin/clients/unknown')],
    ['GET /admin/clients/{id}', await send('GET', '/admin/clients/known', undefined, {})],
    ['PATCH /admin/clients/{id}', await send('PATCH', '/admin/clients/known', { audiences: 'a' })],
    ['PATCH /admin/clients/{id}', await send('PATCH', '/admin/clients/unknown', {})],
    ['DELETE /admin/clients/{id}', await send('DELETE', '/admin/clients/unknown')],
    ['DELETE /admin/clients/{id}', await send('DELETE', '/admin/clients/known', undefined, {})],
    [
      'POST /admin/clients/{id}/secrets',
      await send('POST', '/admin/clients/known/secrets', {
        expires_in: 60,
        expires_at: '2030-01-01T00:00:00Z',
      }),
    ],
    ['POST /admin/clients/{id}/secrets', await send('POST', '/admin/clients/unknown/secrets', {})],
    ['POST /admin/clients/{id}/secrets', await send('POST', '/admin/clients/known/secrets', {})],
    ['DELETE /admin/clients/{id}/secrets/{secretId}', await send('DELETE', '/admin/clients/known/secrets/x')],
    ['DELETE /admin/clients/{id}/secrets/{secretId}', await endLast(send, String(secret['secret_id']))],
    ['POST /admin/issuers', await send('POST', '/admin/issuers', { ...trusted, keys: {} })],
    ['POST /admin/issuers', await send('POST', '/admin/issuers', trusted, {})],
    ['POST /admin/issuers', await send('POST', '/admin/issuers', trusted)],
    ['GET /admin/issuers', await send('GET', '/admin/issuers?limit=0')],
    ['GET /admin/issuers', await send('GET', '/admin/issuers', undefined, {})],
    ['GET /admin/issuers/{id}', await send('GET', '/admin/issuers/unknown')],
    ['GET /admin/issuers/{id}', await send('GET', '/admin/issuers/trusted', undefined, {})],
    ['PATCH /admin/issuers/{id}', await send('PATCH', '/admin/issuers/trusted', { keys: {}, uses: 'a' })],
    ['PATCH /admin/issuers/{id}', await send('PATCH', '/admin/issuers/unknown', {})],
    ['PATCH /admin/issuers/{id}', await send('PATCH', '/admin/issuers/trusted', { subject: 'as_is' })],
    ['DELETE /admin/issuers/{id}', await send('DELETE', '/admin/issuers/unknown')],
    ['DELETE /admin/issuers/{id}', await send('DELETE', '/admin/issuers/trusted')],
    ['POST /admin/issuers/test', await send('POST', '/admin/issuers/test', { token: 'a', use: 'b' })],
    ['POST /admin/issuers/test', await send('POST', '/admin/issuers/test', {}, {})],
    ['GET /admin/keys', await send('GET', '/admin/keys', undefined, {})],
    ['POST /admin/keys/rotate', await send('POST', '/admin/keys/rotate', { algorithm: 'HS256' })],
    ['POST /admin/keys/rotate', await send('POST', '/admin/keys/rotate', {}, {})],
    ['GET /admin/keys', await lackingScope()],
  ];
}

/** Revokes one of the two secrets, then tries to revoke the other. */
async function endLast(
  send: (method: string, path: string) => Promise<ServiceResponse>,
  first: string,
): Promise<ServiceResponse> {
  await send('DELETE', `/admin/clients/known/secrets/${first}`);
  return send('DELETE', `/admin/clients/known/secrets/${client.secretId}`);
}

/** Sends a token with the audience of the administration but without its scope. */
async function lackingScope(): Promise<ServiceResponse> {
  const { authorization } = await makeClient(service, 'reader', { audiences: [service.issuer] });
  const { body } = await service.form(
    '/oauth2/token',
    { grant_type: 'client_credentials' },
    { authorization },
  );
  return service.get('/admin/keys', { authorization: `Bearer ${String(body['access_token'])}` });
}
