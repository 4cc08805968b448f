import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic, makeClient, type TestClient } from '../../support/clients.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let worker: TestClient;

beforeAll(async () => {
  service = await RunningApp.start({ tokenEndpointAuth: 'none' });
  worker = await makeClient(service, 'worker', {
    audiences: ['billing', 'logging-service', 'identity-backend'],
    scopes: ['logs:read'],
    claims: ['tenant'],
    may_act_for: ['user-*'],
  });
  await makeClient(service, 'stranger', { audiences: ['hidden'], scopes: ['hidden:scope'] });
});
afterAll(() => service.stop());

const HINT =
  'This client may request: audiences "billing", "logging-service"; scopes "logs:read"; subjects "worker", "user-*"; claims "tenant".';

const REQUEST = { sub: 'worker', aud: 'billing' };

describe('an error of POST /token', () => {
  it.each<[string, number, unknown]>([
    ['another audience', 403, { ...REQUEST, aud: 'hidden' }],
    ['the service itself as audience', 403, { ...REQUEST, aud: 'identity-backend' }],
    ['another subject', 403, { ...REQUEST, sub: 'somebody' }],
    ['another client as subject', 403, { ...REQUEST, sub: 'stranger' }],
    ['another scope', 403, { ...REQUEST, scope: 'hidden:scope' }],
    ['another claim', 400, { ...REQUEST, claims: { role: 'x' } }],
    ['a lifetime over the limit', 400, { ...REQUEST, expires_in: 1_000_000 }],
    ['no audience', 400, { sub: 'worker' }],
    ['an empty body', 400, {}],
    ['an invalid scope', 400, { ...REQUEST, scope: ' ' }],
    ['an array as the body', 400, []],
  ])('has a hint that lists what the client may request: %s', async (_name, status, body) => {
    const response = await service.post('/token', body, { authorization: worker.authorization });
    expect(response.status).toBe(status);
    expect(response.body['hint']).toBe(HINT);
    expect(response.text).not.toMatch(/"hidden/);
  });

  it.each<[string, unknown]>([
    ['no audience', { sub: 'worker' }],
    ['a scope of this service', { ...REQUEST, scope: 'identity:admin' }],
    ['the service itself as audience', { ...REQUEST, aud: 'identity-backend' }],
  ])('has no hint for an anonymous caller that requests %s', async (_name, body) => {
    const response = await service.post('/token', body);
    expect([400, 403]).toContain(response.status);
    expect(response.body).not.toHaveProperty('hint');
  });

  it.each([
    ['a wrong secret', basic('worker', 'x'.repeat(43))],
    ['an unknown client ID', basic('nobody', 'x'.repeat(43))],
    ['another scheme', 'Bearer x'],
  ])('has no hint for a caller with %s', async (_name, authorization) => {
    const response = await service.post('/token', { ...REQUEST, aud: 'hidden' }, { authorization });
    expect(response.status).toBe(401);
    expect(response.body).not.toHaveProperty('hint');
  });
});

describe('an error of POST /oauth2/token', () => {
  const GRANT = { grant_type: 'client_credentials' };

  it.each<[string, Record<string, string>, string]>([
    [
      'invalid_target',
      { ...GRANT, audience: 'hidden' },
      'The client may not ask for this audience; its audiences: billing, logging-service, identity-backend',
    ],
    [
      'invalid_scope',
      { ...GRANT, audience: 'billing', scope: 'hidden:scope' },
      'The client may not ask for this scope; its scopes: logs:read',
    ],
  ])('lists what the client may request in its description: %s', async (error, parameters, words) => {
    const response = await service.form('/oauth2/token', parameters, { authorization: worker.authorization });
    expect({ status: response.status, body: response.body }).toEqual({
      status: 400,
      body: { error, error_description: words },
    });
  });

  it('does not list the audiences to an unauthenticated caller', async () => {
    for (const authorization of [basic('worker', 'x'.repeat(43)), undefined]) {
      const response = await service.form(
        '/oauth2/token',
        { ...GRANT, audience: 'hidden' },
        authorization === undefined ? {} : { authorization },
      );
      expect(response.status).not.toBe(200);
      expect(response.text).not.toContain('billing');
    }
  });
});
