import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic, makeClient, type TestClient } from '../../support/clients.js';
import { handMadeToken } from '../../support/hand-made-token.js';
import { refusalOf, refused } from '../../support/oauth-requests.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

/** What introspection and revocation have in common. */
describe.each(['/oauth2/introspect', '/oauth2/revoke'])('POST %s', (path) => {
  let service: RunningApp;
  let worker: TestClient;
  beforeAll(async () => {
    service = await RunningApp.start({ authFailureMax: 0 });
    worker = await makeClient(service, 'worker', { audiences: ['logging-service'] });
    await makeClient(service, 'stranger');
  });
  afterAll(() => service.stop());

  const ask = (form: string, headers: Record<string, string> = {}): Promise<ServiceResponse> =>
    service.form(path, form, { authorization: worker.authorization, ...headers });

  function isNeverKept({ headers }: ServiceResponse): void {
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
  }

  it.each([
    ['no parameters', ''],
    ['no token', 'token_type_hint=access_token'],
    ['an empty token', 'token='],
    ['a token parameter in another case', 'Token=a'],
    ['two tokens', 'token=a&token=b'],
    ['a repeated token', 'token=a&token=a'],
    ['a repeated token_type_hint', 'token=a&token_type_hint=x&token_type_hint=x'],
    ['a repeated unknown parameter', 'token=a&x=1&x=2'],
    ['malformed percent-encoding', 'token=%'],
    ['bytes that are not UTF-8', 'token=%ff'],
    ['two authentication methods', 'token=a&client_id=worker&client_secret=x'],
    ['a client_id other than that of the header', 'token=a&client_id=stranger'],
  ])('rejects %s with invalid_request', async (_name, form) => {
    const response = await ask(form);
    expect(refusalOf(response)).toEqual(refused('invalid_request'));
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(response.headers.has('www-authenticate')).toBe(false);
    isNeverKept(response);
  });

  it.each([
    ['audience and a repeated resource', 'token=x&resource=a&resource=b&audience=c'],
    ['empty parameters', 'token=x&token_type_hint=&client_secret='],
    ['the client_id of the header in the form', 'token=x&client_id=worker'],
  ])('accepts %s', async (_name, form) => {
    expect((await ask(form)).status).toBe(200);
  });

  it('ignores a token in the query', async () => {
    const { authorization } = worker;
    const response = await service.form(`${path}?token=a`, '', { authorization });
    expect(refusalOf(response)).toEqual(refused('invalid_request'));
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x'])(
    'rejects a body whose Content-Type is %s',
    async (type) => {
      expect(refusalOf(await ask('{"token":"a"}', { 'content-type': type }))).toEqual(
        refused('invalid_request'),
      );
    },
  );

  it('rejects a body over 64 KiB with 413', async () => {
    expect(refusalOf(await ask(`token=${'a'.repeat(65_536)}`))).toEqual(refused('invalid_request', 413));
  });

  it('rejects a request without credentials with 401 and no challenge', async () => {
    const response = await service.form(path, { token: handMadeToken() });
    expect(refusalOf(response)).toEqual(refused('invalid_client', 401));
    expect(response.headers.has('www-authenticate')).toBe(false);
    isNeverKept(response);
  });

  it('checks the credentials before the token', async () => {
    expect(refusalOf(await service.form(path, ''))).toEqual(refused('invalid_client', 401));
  });

  it.each<[string, () => string]>([
    ['a wrong secret', () => basic('worker', 'x')],
    ['an unknown client', () => basic('nobody', 'x')],
    ['malformed credentials', () => 'Basic !'],
    ['an access token', () => `Bearer ${handMadeToken()}`],
  ])('rejects %s in the header, with a challenge', async (_name, authorization) => {
    const response = await ask(`token=${handMadeToken()}`, { authorization: authorization() });
    expect(refusalOf(response)).toEqual(refused('invalid_client', 401));
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="identity-backend"');
    isNeverKept(response);
  });

  it('accepts client_secret_post', async () => {
    const form = { token: 'x', client_id: worker.id, client_secret: worker.secret };
    expect((await service.form(path, form)).status).toBe(200);
    const response = await service.form(path, { ...form, client_secret: 'wrong' });
    expect(refusalOf(response)).toEqual(refused('invalid_client', 401));
    expect(response.headers.has('www-authenticate')).toBe(false);
  });

  it('returns 405 for GET, with Allow: POST', async () => {
    const response = await service.get(`${path}?token=${handMadeToken()}`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });
});
