import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningApp } from '../../support/running-app.js';

const REFUSAL = { error: 'unsupported_response_type', error_description: expect.any(String) };

describe.each(['', '/identity-backend'])('%s/oauth2/authorize', (basePath) => {
  let service: RunningApp;
  beforeAll(async () => {
    service = await RunningApp.start({ basePath, issuer: `https://id.example.com${basePath}` });
  });
  afterAll(() => service.stop());

  const expectRefusal = async (query: string, init: RequestInit = {}): Promise<void> => {
    const { status, body, headers } = await service.request(`/oauth2/authorize${query}`, {
      redirect: 'manual',
      ...init,
    });
    expect({ status, body }).toEqual({ status: 400, body: REFUSAL });
    expect(headers.get('location')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toMatch(/^application\/json/);
  };

  it.each([
    ['no query', ''],
    ['an empty query', '?'],
    ['a redirect_uri', '?response_type=code&client_id=a&redirect_uri=https%3A%2F%2Fevil.example&state=x'],
    ['a repeated response_type', '?response_type=token&response_type=code'],
    ['a redirect_uri that is a script', '?response_type=&redirect_uri=javascript:alert(1)'],
    ['a malformed query', '?%zz=%'],
    ['a long query', `?${'a'.repeat(10_000)}`],
  ])('rejects GET and POST with %s, without a redirect', async (_name, query) => {
    await expectRefusal(query);
    await expectRefusal(query, { method: 'POST' });
  });

  it.each([
    ['a form', 'application/x-www-form-urlencoded', 'response_type=code&redirect_uri=https://evil.example'],
    ['a malformed form', 'application/x-www-form-urlencoded', '%zz'],
    ['malformed JSON', 'application/json', '{"response_type":"code"'],
    ['a truncated multipart body', 'multipart/form-data; boundary=x', '--x'],
    ['text', 'text/plain', 'x'],
    ['a large image', 'image/png', 'x'.repeat(100_000)],
    ['a body whose type is malformed', 'not a type', 'x'],
  ])('rejects a POST of %s', async (_name, type, body) => {
    await expectRefusal('?response_type=code', { method: 'POST', body, headers: { 'content-type': type } });
  });

  it('rejects a POST with credentials', async () => {
    await expectRefusal('', { method: 'POST', headers: { authorization: 'Basic eDp5' } });
  });

  it('returns 405 for other methods', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      expect((await service.request('/oauth2/authorize', { method })).status).toBe(405);
  });

  it('is the authorization_endpoint in the metadata', async () => {
    for (const name of ['openid-configuration', 'oauth-authorization-server']) {
      const { body } = await service.get(`/.well-known/${name}`);
      expect(body['authorization_endpoint']).toBe(`https://id.example.com${basePath}/oauth2/authorize`);
    }
  });
});
