import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic, makeClient, type TestClient } from '../../support/clients.js';
import { type Answer, RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let worker: TestClient;
beforeAll(async () => {
  service = await RunningApp.start({ mostAuthFailures: 0 });
  worker = await makeClient(service, 'worker', { audiences: ['logging-service'], scopes: ['logs:read'] });
});
afterAll(() => service.stop());

const GRANT = 'grant_type=client_credentials';
const PATH = '/oauth2/token';

const send = (form: string, headers: Record<string, string> = {}): Promise<Answer> =>
  service.form(PATH, form, { authorization: worker.authorization, ...headers });

/** RFC 6749 §5.2: two fields, words of the characters that it allows, and nothing that could be kept. */
function expectRefused({ status, body, headers }: Answer, expected: { status: number; error: string }): void {
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
    ['no parameter', '', 'invalid_request'],
    ['no grant_type', 'scope=logs:read', 'invalid_request'],
    ['an empty grant_type', 'grant_type=&scope=logs:read', 'invalid_request'],
    ['a grant_type without a value', 'grant_type', 'invalid_request'],
    ['a parameter of another case', 'Grant_Type=client_credentials', 'invalid_request'],
    ['grant_type twice', `${GRANT}&${GRANT}`, 'invalid_request'],
    ['scope twice', `${GRANT}&scope=logs:read&scope=logs:read`, 'invalid_request'],
    ['scope twice, once empty', `${GRANT}&scope=&scope=logs:read`, 'invalid_request'],
    ['audience twice', `${GRANT}&audience=a&audience=b`, 'invalid_request'],
    ['client_id twice', `${GRANT}&client_id=worker&client_id=worker`, 'invalid_request'],
    ['grant_type twice in two spellings', `${GRANT}&grant%5Ftype=client_credentials`, 'invalid_request'],
    ['another client_id than that of Basic', `${GRANT}&client_id=other`, 'invalid_request'],
    ['two methods: Basic and client_secret', `${GRANT}&client_id=worker&client_secret=x`, 'invalid_request'],
    ['two methods: Basic and client_secret alone', `${GRANT}&client_secret=x`, 'invalid_request'],
    [
      'two methods: Basic and an assertion',
      `${GRANT}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c`,
      'invalid_request',
    ],
    ['a percent sign that encodes nothing', `${GRANT}&scope=%zz`, 'invalid_request'],
    ['percent-encoded bytes that are not UTF-8', `${GRANT}&scope=%FF`, 'invalid_request'],
    ['more parameters than any request has', `${GRANT}${'&a=b'.repeat(1000)}`, 'invalid_request'],
    ['an unknown grant', 'grant_type=password&username=a&password=b', 'unsupported_grant_type'],
    ['a grant of another case', 'grant_type=Client_Credentials', 'unsupported_grant_type'],
    ['a grant with a space', 'grant_type=client_credentials+', 'unsupported_grant_type'],
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
    ['a plain text', GRANT, { 'content-type': 'text/plain' }],
    ['a form of several parts', GRANT, { 'content-type': 'multipart/form-data; boundary=a' }],
    ['a compressed form', GRANT, { 'content-encoding': 'gzip' }],
  ])('%s', async (_name, body, headers) => {
    expectRefused(await send(body, headers), { status: 400, error: 'invalid_request' });
  });

  it('a request without a body', async () => {
    const { authorization } = worker;
    const answer = await service.request(PATH, { method: 'POST', headers: { authorization } });
    expectRefused(answer, { status: 400, error: 'invalid_request' });
  });

  it('a body that is larger than 64 KiB', async () => {
    expectRefused(await send(`${GRANT}&x=${'x'.repeat(70_000)}`), { status: 413, error: 'invalid_request' });
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH'])('the method %s, and names the right one', async (method) => {
    const { status, body, headers } = await service.request(`${PATH}?${GRANT}`, { method });
    expect({ status, code: body['code'], allow: headers.get('allow') }).toEqual({
      status: 405,
      code: 'method_not_allowed',
      allow: 'POST',
    });
  });
});

describe('a client that POST /oauth2/token does not know', () => {
  it.each([
    ['an unknown client', () => basic('nobody', worker.secret)],
    ['a wrong secret', () => basic('worker', 'x')],
    ['no colon', () => `Basic ${Buffer.from('worker').toString('base64')}`],
    ['an empty secret', () => basic('worker', '')],
    ['an empty id', () => basic('', worker.secret)],
    ['no base64', () => 'Basic !!!'],
    ['the scheme alone', () => 'Basic'],
    ['a percent sign that encodes nothing', () => basic('worker', '%')],
    ['another scheme', () => `Bearer ${worker.secret}`],
  ])('gets a challenge for the header that it sent: %s', async (_name, authorization) => {
    const answer = await send(GRANT, { authorization: authorization() });
    expectRefused(answer, { status: 401, error: 'invalid_client' });
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="identity-backend"');
  });

  it('is refused without a challenge, if it sent no header', async () => {
    const answer = await service.form(PATH, GRANT);
    expectRefused(answer, { status: 401, error: 'invalid_client' });
    expect(answer.headers.get('www-authenticate')).toBeNull();
  });

  it('does not learn whether it exists, nor whether it may use the grant', async () => {
    const { authorization } = await makeClient(service, 'disabled', { disabled: true, grant_types: [] });
    const answers = [
      await send(GRANT, { authorization }),
      await send(GRANT, { authorization: basic('disabled', 'x') }),
      await send(GRANT, { authorization: basic('nobody', 'x') }),
      await send('grant_type=password', { authorization: basic('nobody', 'x') }),
      await send(`${GRANT}&scope=++`, { authorization: basic('worker', 'x') }),
    ];
    for (const answer of answers) {
      expectRefused(answer, { status: 401, error: 'invalid_client' });
      expect(answer.text).toBe(answers[0]?.text);
    }
  });

  it('is one that encodes its credentials as it should (RFC 6749 section 2.3.1), too', async () => {
    const authorization = basic(
      '%77orker',
      `%${worker.secret.charCodeAt(0).toString(16)}${worker.secret.slice(1)}`,
    );
    expect((await send(GRANT, { authorization })).status).toBe(200);
  });
});
