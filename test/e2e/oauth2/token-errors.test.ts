import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic, makeClient, type TestClient } from '../../support/clients.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let worker: TestClient;
beforeAll(async () => {
  service = await RunningApp.start({ authFailureMax: 0 });
  worker = await makeClient(service, 'worker', { audiences: ['logging-service'], scopes: ['logs:read'] });
});
afterAll(() => service.stop());

const GRANT = 'grant_type=client_credentials';
const PATH = '/oauth2/token';

const send = (form: string, headers: Record<string, string> = {}): Promise<ServiceResponse> =>
  service.form(PATH, form, { authorization: worker.authorization, ...headers });

/** RFC 6749 §5.2: two fields, a description of the characters that it allows, and no caching. */
function expectRefused(
  { status, body, headers }: ServiceResponse,
  expected: { status: number; error: string },
): void {
  expect({ status, body }).toEqual({
    status: expected.status,
    body: {
      error: expected.error,
      error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
    },
  });
  expect(headers.get('content-type')).toMatch(/^application\/json\b/);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('pragma')).toBe('no-cache');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
}

describe('POST /oauth2/token rejects', () => {
  it.each([
    ['no parameters', '', 'invalid_request'],
    ['no grant_type', 'scope=logs:read', 'invalid_request'],
    ['an empty grant_type', 'grant_type=&scope=logs:read', 'invalid_request'],
    ['a grant_type without a value', 'grant_type', 'invalid_request'],
    ['a parameter name in another case', 'Grant_Type=client_credentials', 'invalid_request'],
    ['a repeated grant_type', `${GRANT}&${GRANT}`, 'invalid_request'],
    ['a repeated scope', `${GRANT}&scope=logs:read&scope=logs:read`, 'invalid_request'],
    ['a repeated scope, once empty', `${GRANT}&scope=&scope=logs:read`, 'invalid_request'],
    ['a repeated audience', `${GRANT}&audience=a&audience=b`, 'invalid_request'],
    ['a repeated client_id', `${GRANT}&client_id=worker&client_id=worker`, 'invalid_request'],
    [
      'a repeated grant_type, once percent-encoded',
      `${GRANT}&grant%5Ftype=client_credentials`,
      'invalid_request',
    ],
    ['a client_id other than that of Basic', `${GRANT}&client_id=other`, 'invalid_request'],
    ['two methods: Basic and client_secret', `${GRANT}&client_id=worker&client_secret=x`, 'invalid_request'],
    ['two methods: Basic and client_secret without client_id', `${GRANT}&client_secret=x`, 'invalid_request'],
    [
      'two methods: Basic and an assertion',
      `${GRANT}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c`,
      'invalid_request',
    ],
    ['malformed percent-encoding', `${GRANT}&scope=%zz`, 'invalid_request'],
    ['percent-encoded bytes that are not UTF-8', `${GRANT}&scope=%FF`, 'invalid_request'],
    ['a thousand extra parameters', `${GRANT}${'&a=b'.repeat(1000)}`, 'invalid_request'],
    ['an unknown grant', 'grant_type=password&username=a&password=b', 'unsupported_grant_type'],
    ['a grant in another case', 'grant_type=Client_Credentials', 'unsupported_grant_type'],
    ['a grant with a trailing space', 'grant_type=client_credentials+', 'unsupported_grant_type'],
    ['a name of Object.prototype', 'grant_type=constructor', 'unsupported_grant_type'],
  ])('%s', async (_name, form, error) => {
    expectRefused(await send(form), { status: 400, error });
  });

  it('bytes that are not UTF-8', async () => {
    const bytes = Buffer.from(`${GRANT}&scope=\xff`, 'latin1');
    const headers = {
      authorization: worker.authorization,
      'content-type': 'application/x-www-form-urlencoded',
    };
    expectRefused(await service.postRaw(PATH, bytes, headers), { status: 400, error: 'invalid_request' });
  });

  it('a client that may not use the grant', async () => {
    const { authorization } = await makeClient(service, 'no-grants', { audiences: ['a'], grant_types: [] });
    expectRefused(await send(GRANT, { authorization }), { status: 400, error: 'unauthorized_client' });
  });

  it.each([
    ['JSON', '{"grant_type":"client_credentials"}', { 'content-type': 'application/json' }],
    ['plain text', GRANT, { 'content-type': 'text/plain' }],
    ['a multipart form', GRANT, { 'content-type': 'multipart/form-data; boundary=a' }],
    ['a compressed form', GRANT, { 'content-encoding': 'gzip' }],
  ])('%s', async (_name, body, headers) => {
    expectRefused(await send(body, headers), { status: 400, error: 'invalid_request' });
  });

  it('a request without a body', async () => {
    const { authorization } = worker;
    const response = await service.request(PATH, { method: 'POST', headers: { authorization } });
    expectRefused(response, { status: 400, error: 'invalid_request' });
  });

  it('a body over 64 KiB with 413', async () => {
    expectRefused(await send(`${GRANT}&x=${'x'.repeat(70_000)}`), { status: 413, error: 'invalid_request' });
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH'])('the method %s with 405 and Allow: POST', async (method) => {
    const { status, body, headers } = await service.request(`${PATH}?${GRANT}`, { method });
    expect({ status, code: body['code'], allow: headers.get('allow') }).toEqual({
      status: 405,
      code: 'method_not_allowed',
      allow: 'POST',
    });
  });
});

describe('client authentication at POST /oauth2/token', () => {
  it.each([
    ['an unknown client', () => basic('nobody', worker.secret)],
    ['a wrong secret', () => basic('worker', 'x')],
    ['no colon', () => `Basic ${Buffer.from('worker').toString('base64')}`],
    ['an empty secret', () => basic('worker', '')],
    ['an empty ID', () => basic('', worker.secret)],
    ['credentials that are not base64', () => 'Basic !!!'],
    ['the scheme alone', () => 'Basic'],
    ['malformed percent-encoding', () => basic('worker', '%')],
    ['another scheme', () => `Bearer ${worker.secret}`],
  ])('fails with a challenge for an Authorization header: %s', async (_name, authorization) => {
    const response = await send(GRANT, { authorization: authorization() });
    expectRefused(response, { status: 401, error: 'invalid_client' });
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="identity-backend"');
  });

  it('fails without a challenge if there is no header', async () => {
    const response = await service.form(PATH, GRANT);
    expectRefused(response, { status: 401, error: 'invalid_client' });
    expect(response.headers.get('www-authenticate')).toBeNull();
  });

  it('fails alike whether or not the client exists and may use the grant', async () => {
    const { authorization } = await makeClient(service, 'disabled', { disabled: true, grant_types: [] });
    const responses = [
      await send(GRANT, { authorization }),
      await send(GRANT, { authorization: basic('disabled', 'x') }),
      await send(GRANT, { authorization: basic('nobody', 'x') }),
      await send('grant_type=password', { authorization: basic('nobody', 'x') }),
      await send(`${GRANT}&scope=++`, { authorization: basic('worker', 'x') }),
    ];
    for (const response of responses) {
      expectRefused(response, { status: 401, error: 'invalid_client' });
      expect(response.text).toBe(responses[0]?.text);
    }
  });

  it('accepts percent-encoded credentials (RFC 6749 section 2.3.1)', async () => {
    const authorization = basic(
      '%77orker',
      `%${worker.secret.charCodeAt(0).toString(16)}${worker.secret.slice(1)}`,
    );
    expect((await send(GRANT, { authorization })).status).toBe(200);
  });
});
