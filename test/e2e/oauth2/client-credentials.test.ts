import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { makeClient, type TestClient } from '../../support/clients.js';
import { readToken } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

const API = 'https://api.example.com/v1';
const WORKER = {
  audiences: ['logging-service', 'billing', API, 'urn:example:reports', 'identity-backend'],
  default_audience: 'billing',
  scopes: ['logs:read', 'logs:write', 'identity:admin'],
};

let service: RunningApp;
let worker: TestClient;
beforeAll(async () => {
  service = await RunningApp.start();
  worker = await makeClient(service, 'worker', WORKER);
});
beforeEach(() => service.clock.set(NEW_YEAR));
afterAll(() => service.stop());

const grant = (
  parameters: Readonly<Record<string, string>> | string = {},
  { authorization } = worker,
): Promise<ServiceResponse> => {
  const form = typeof parameters === 'string' ? parameters : new URLSearchParams(parameters).toString();
  return service.form('/oauth2/token', `grant_type=client_credentials&${form}`, { authorization });
};

async function granted(
  parameters: Readonly<Record<string, string>> | string = {},
  client = worker,
): Promise<ReturnType<typeof readToken>> {
  const { body, text } = await grant(parameters, client);
  if (typeof body['access_token'] !== 'string') throw new Error(text);
  return readToken(body['access_token']);
}

describe('POST /oauth2/token with client_credentials', () => {
  it('returns the fields of RFC 6749 section 5.1, with Cache-Control: no-store', async () => {
    const { status, body, headers } = await grant({ scope: 'logs:write' });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 900,
        scope: 'logs:write',
      },
    });
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
  });

  it('issues an RFC 9068 access token about the client itself', async () => {
    expect(await granted({ scope: 'logs:read logs:write', audience: 'logging-service' })).toEqual({
      header: { alg: 'HS256', typ: 'at+jwt', kid: expect.any(String) },
      claims: {
        iss: 'identity-backend',
        sub: 'worker',
        aud: 'logging-service',
        iat: NEW_YEAR,
        exp: NEW_YEAR + 900,
        jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
        client_id: 'worker',
        scope: 'logs:read logs:write',
      },
    });
  });

  it('issues a token that /verify accepts', async () => {
    const { body } = await grant({ audience: 'logging-service' });
    expect((await service.verify(String(body['access_token']))).status).toBe(200);
  });

  it('signs a token for the service itself with the ES256 key of the service', async () => {
    const { body } = await grant({ audience: 'identity-backend', scope: 'identity:admin' });
    const token = String(body['access_token']);
    expect(readToken(token).header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect((await service.verify(token, 'identity-backend')).status).toBe(200);
    expect((await service.get('/admin/clients', { authorization: `Bearer ${token}` })).status).toBe(200);
  });

  it('omits scope from the response and the token if none is requested', async () => {
    for (const scope of ['', '&scope=']) {
      const { body } = await grant(scope);
      expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'token_type']);
      expect(Object.keys((await granted(scope)).claims)).not.toContain('scope');
    }
  });

  it('uses the token_lifetime_seconds of the client', async () => {
    const brief = await makeClient(service, 'brief', { audiences: ['a'], token_lifetime_seconds: 30 });
    expect((await grant({}, brief)).body['expires_in']).toBe(30);
    expect((await granted({}, brief)).claims['exp']).toBe(NEW_YEAR + 30);
  });

  it('ignores unknown parameters', async () => {
    const { claims } = await granted({
      sub: 'admin',
      client_secret_hint: 'x',
      claims: '{}',
      expires_in: '9999',
    });
    expect(claims).toMatchObject({ sub: 'worker', exp: NEW_YEAR + 900 });
  });

  it('accepts a client_id in the form if it is that of the header', async () => {
    expect((await grant({ client_id: 'worker' })).status).toBe(200);
  });

  it('ignores the query', async () => {
    const response = await service.form('/oauth2/token?grant_type=client_credentials', '', {
      authorization: worker.authorization,
    });
    expect([response.status, response.body['error']]).toEqual([400, 'invalid_request']);
  });
});

describe('the audience of an access token', () => {
  it.each<[string, unknown]>([
    ['', 'billing'],
    ['audience=', 'billing'],
    ['resource=&audience=', 'billing'],
    ['audience=logging-service', 'logging-service'],
    ['audience=logging-service+billing', ['logging-service', 'billing']],
    ['audience=billing%20logging-service', ['billing', 'logging-service']],
    ['audience=billing+billing', 'billing'],
    [`audience=${encodeURIComponent(API)}`, API],
    [`resource=${encodeURIComponent(API)}`, API],
    [`resource=&resource=${encodeURIComponent(API)}`, API],
    [`resource=${encodeURIComponent(API.replace('https://api', 'HTTPS://API'))}`, API],
    [`resource=${encodeURIComponent(API)}&resource=${encodeURIComponent(API.replace('api', 'API'))}`, API],
    ['resource=urn:example:reports', 'urn:example:reports'],
    [`resource=urn:example:reports&resource=${encodeURIComponent(API)}`, ['urn:example:reports', API]],
    ['resource=urn:example:reports&resource=urn:example:reports', 'urn:example:reports'],
  ])('follows from the parameters %j', async (parameters, aud) => {
    expect((await granted(parameters)).claims['aud']).toEqual(aud);
  });

  it('is the only audience of the client if none is requested', async () => {
    const single = await makeClient(service, 'single', { audiences: ['reports'] });
    expect((await granted({}, single)).claims['aud']).toBe('reports');
  });

  it.each([
    ['several and no default', { audiences: ['a', 'b'] }],
    ['none', {}],
  ])('must be requested by a client that has %s', async (name, members) => {
    const client = await makeClient(service, `has-${name.replaceAll(' ', '-')}`, members);
    expect(await grant({}, client)).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
  });

  it.each([
    ['one that the client may not request', 'audience=other-service'],
    ['one of two that the client may not request', 'audience=billing+other-service'],
    ['another case', 'audience=Billing'],
    ['a double space', 'audience=billing++logging-service'],
    ['a space', 'audience=+'],
    ['the issuer among others', 'audience=billing+identity-backend'],
    ['a resource that the client may not request', 'resource=https://other.example/'],
    ['a resource with an extra slash', `resource=${encodeURIComponent(`${API}/`)}`],
    ['a resource whose path is in another case', `resource=${encodeURIComponent(API.toUpperCase())}`],
    [
      'an audience whose host is in another case',
      `audience=${encodeURIComponent(API.replace('api', 'API'))}`,
    ],
    ['a resource with a fragment', `resource=${encodeURIComponent(`${API}#a`)}`],
    ['a resource that is a plain name', 'resource=logging-service'],
    ['one valid resource and one that is not', `resource=${encodeURIComponent(API)}&resource=x`],
    ['resource and audience', `resource=${encodeURIComponent(API)}&audience=billing`],
    ['more than 20', `audience=${Array.from({ length: 21 }, (_, index) => `a${index}`).join('+')}`],
    ['a control character', 'audience=billing%07'],
  ])('is rejected with invalid_target: %s', async (_name, parameters) => {
    const { status, body } = await grant(parameters);
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        error: 'invalid_target',
        error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
      },
    });
  });
});

describe('the scope of an access token', () => {
  it.each([
    ['one that the client may not request', 'scope=logs:delete'],
    ['one of two that the client may not request', 'scope=logs:read+logs:delete'],
    ['another case', 'scope=LOGS:READ'],
    ['a double space', 'scope=logs:read++logs:write'],
    ['a leading space', 'scope=+logs:read'],
    ['a trailing space', 'scope=logs:read+'],
    ['a tab', 'scope=logs:read%09logs:write'],
    ['a quote', 'scope=%22'],
    ['a character outside ASCII', 'scope=%C3%A4'],
    ['over 1024 bytes', `scope=${'x'.repeat(1025)}`],
    ['a name of Object.prototype', 'scope=constructor'],
  ])('is rejected with invalid_scope: %s', async (_name, parameters) => {
    const { status, body } = await grant(parameters);
    expect({ status, body }).toEqual({
      status: 400,
      body: { error: 'invalid_scope', error_description: expect.any(String) },
    });
  });
});
