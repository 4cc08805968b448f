import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic, makeClient, type TestClient } from '../../support/clients.js';
import { handMadeToken } from '../../support/hand-made-token.js';
import { refusalOf, refused } from '../../support/oauth-requests.js';
import { type Answer, RunningApp } from '../../support/running-app.js';

/** What the two routes that are asked about a token have in common. */
describe.each(['/oauth2/introspect', '/oauth2/revoke'])('POST %s', (path) => {
  let service: RunningApp;
  let worker: TestClient;
  beforeAll(async () => {
    service = await RunningApp.start({ mostAuthFailures: 0 });
    worker = await makeClient(service, 'worker', { audiences: ['logging-service'] });
    await makeClient(service, 'stranger');
  });
  afterAll(() => service.stop());

  const ask = (form: string, headers: Record<string, string> = {}): Promise<Answer> =>
    service.form(path, form, { authorization: worker.authorization, ...headers });

  function isNeverKept({ headers }: Answer): void {
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
  }

  it.each([
    ['no parameter', ''],
    ['no token', 'token_type_hint=access_token'],
    ['an empty token', 'token='],
    ['a token of another name', 'Token=a'],
    ['a token twice', 'token=a&token=b'],
    ['the same token twice', 'token=a&token=a'],
    ['a hint twice', 'token=a&token_type_hint=x&token_type_hint=x'],
    ['an unknown parameter twice', 'token=a&x=1&x=2'],
    ['a percent sign that encodes nothing', 'token=%'],
    ['bytes that are not UTF-8', 'token=%ff'],
    ['two methods of authentication', 'token=a&client_id=worker&client_secret=x'],
    ['a client_id that is not the one of the header', 'token=a&client_id=stranger'],
  ])('rejects %s', async (_name, form) => {
    const answer = await ask(form);
    expect(refusalOf(answer)).toEqual(refused('invalid_request'));
    expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(answer.headers.has('www-authenticate')).toBe(false);
    isNeverKept(answer);
  });

  it.each([
    ['an unknown parameter', 'token=x&resource=a&resource=b&audience=c'],
    ['a parameter without a value', 'token=x&token_type_hint=&client_secret='],
    ['client_id next to the header', 'token=x&client_id=worker'],
  ])('takes %s', async (_name, form) => {
    expect((await ask(form)).status).toBe(200);
  });

  it('reads no token from the address', async () => {
    const { authorization } = worker;
    const answer = await service.form(`${path}?token=a`, '', { authorization });
    expect(refusalOf(answer)).toEqual(refused('invalid_request'));
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x'])(
    'rejects a body whose Content-Type is %s',
    async (type) => {
      expect(refusalOf(await ask('{"token":"a"}', { 'content-type': type }))).toEqual(
        refused('invalid_request'),
      );
    },
  );

  it('rejects a body over 64 KiB', async () => {
    expect(refusalOf(await ask(`token=${'a'.repeat(65_536)}`))).toEqual(refused('invalid_request', 413));
  });

  it('rejects a request without credentials, without a challenge', async () => {
    const answer = await service.form(path, { token: handMadeToken() });
    expect(refusalOf(answer)).toEqual(refused('invalid_client', 401));
    expect(answer.headers.has('www-authenticate')).toBe(false);
    isNeverKept(answer);
  });

  it('rejects a request without credentials before it reads the token', async () => {
    expect(refusalOf(await service.form(path, ''))).toEqual(refused('invalid_client', 401));
  });

  it.each<[string, () => string]>([
    ['a wrong secret', () => basic('worker', 'x')],
    ['an unknown client', () => basic('nobody', 'x')],
    ['broken credentials', () => 'Basic !'],
    ['an access token', () => `Bearer ${handMadeToken()}`],
  ])('rejects %s in the header, with a challenge', async (_name, authorization) => {
    const answer = await ask(`token=${handMadeToken()}`, { authorization: authorization() });
    expect(refusalOf(answer)).toEqual(refused('invalid_client', 401));
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="identity-backend"');
    isNeverKept(answer);
  });

  it('takes client_secret_post', async () => {
    const form = { token: 'x', client_id: worker.id, client_secret: worker.secret };
    expect((await service.form(path, form)).status).toBe(200);
    const answer = await service.form(path, { ...form, client_secret: 'wrong' });
    expect(refusalOf(answer)).toEqual(refused('invalid_client', 401));
    expect(answer.headers.has('www-authenticate')).toBe(false);
  });

  it('is a POST', async () => {
    const answer = await service.get(`${path}?token=${handMadeToken()}`);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });
});
