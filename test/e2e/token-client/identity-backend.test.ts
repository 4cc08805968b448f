import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TokenClient, type TokenClientOptions, type TokenTarget } from '../../../src/token-client/index.js';
import { makeClientKey } from '../../support/client-assertion.js';
import { makeClient, type TestClient } from '../../support/clients.js';
import { freePort } from '../../support/free-port.js';
import { readToken } from '../../support/hand-made-token.js';
import { RunningApp } from '../../support/running-app.js';

const RESOURCE = 'https://logs.example.com';

const key = makeClientKey('ES256', { kid: 'worker-key' });
let service: RunningApp;
let worker: TestClient;
beforeAll(async () => {
  const port = await freePort();
  service = await RunningApp.start({ port, issuer: `http://127.0.0.1:${port}` });
  worker = await makeClient(service, 'worker', {
    audiences: ['logging-service', 'billing', RESOURCE],
    default_audience: 'billing',
    scopes: ['logs:write'],
    claims: ['team'],
    may_act_for: ['user-*'],
    jwks: { keys: [key.jwk] },
  });
});
afterAll(() => service.stop());

const client = (options: Partial<TokenClientOptions>): TokenClient =>
  new TokenClient({ issuerUrl: service.origin, clientId: 'worker', clock: service.clock, ...options });

/** The claims of a token that the service verified. */
async function claimsOf(tokens: TokenClient, target: TokenTarget): Promise<unknown> {
  const token = await tokens.getToken(target);
  const { aud } = readToken(token).claims;
  const { body } = await service.verify(token, String(aud));
  return body['claims'];
}

describe('TokenClient with private_key_jwt at identity-backend', () => {
  const privateKey = { ...key.privateKey.export({ format: 'jwk' }), kid: 'worker-key' };

  it.each<[string, Partial<TokenClientOptions>]>([
    ['its token endpoint', {}],
    ['the discovered issuer', { discover: true }],
  ])('authenticates at %s, each time with a new assertion', async (_name, options) => {
    const tokens = client({ privateKey, ...options });
    for (const audience of ['logging-service', 'billing']) {
      expect(await claimsOf(tokens, { audience })).toMatchObject({ sub: 'worker', aud: audience });
    }
  });

  it('authenticates through another URL if an option names the issuer', async () => {
    const issuerUrl = service.origin.replace('127.0.0.1', 'localhost');
    await expect(client({ issuerUrl, privateKey }).getToken({ audience: 'billing' })).rejects.toMatchObject({
      code: 'invalid_client',
      status: 401,
    });
    const tokens = client({ issuerUrl, privateKey, assertionAudience: service.issuer });
    expect(await claimsOf(tokens, { audience: 'billing' })).toMatchObject({ aud: 'billing' });
  });

  it('is refused with a key that is not registered', async () => {
    const other = makeClientKey('ES256').privateKey;
    await expect(client({ privateKey: other }).getToken({ audience: 'billing' })).rejects.toMatchObject({
      code: 'invalid_client',
      status: 401,
    });
  });
});

describe('TokenClient with a secret at identity-backend', () => {
  const withSecret = (options: Partial<TokenClientOptions> = {}): TokenClient =>
    client({ clientSecret: worker.secret, ...options });

  it.each<[string, Partial<TokenClientOptions>]>([
    ['client_secret_basic', { clientAuthentication: 'client_secret_basic' }],
    ['client_secret_post', { clientAuthentication: 'client_secret_post' }],
    ['discovery', { discover: true }],
  ])('requests a token for an audience by %s', async (_name, options) => {
    expect(await claimsOf(withSecret(options), { audience: 'logging-service' })).toMatchObject({
      aud: 'logging-service',
      client_id: 'worker',
    });
  });

  it('requests a token for a resource (RFC 8707)', async () => {
    expect(await claimsOf(withSecret(), { resource: RESOURCE })).toMatchObject({ aud: RESOURCE });
  });

  it('requests a token for its default audience', async () => {
    expect(await claimsOf(withSecret(), { scope: 'logs:write' })).toMatchObject({
      aud: 'billing',
      scope: 'logs:write',
    });
  });

  it('requests a subject, claims and a lifetime for each call', async () => {
    const tokens = withSecret();
    const target = { audience: 'logging-service', claims: { team: 'a' }, expiresIn: 60 };
    const [first, second] = [
      await claimsOf(tokens, { ...target, subject: 'user-1' }),
      await claimsOf(tokens, { ...target, subject: 'user-2' }),
    ];
    expect(first).toMatchObject({ sub: 'user-1', team: 'a', act: { sub: 'worker' } });
    expect(second).toMatchObject({ sub: 'user-2', team: 'a' });
    const { iat, exp } = second as { iat: number; exp: number };
    expect(exp - iat).toBe(60);
  });

  it.each<[string, TokenTarget, string]>([
    ['a subject', { audience: 'logging-service', subject: 'root' }, 'access_denied'],
    ['a claim', { audience: 'logging-service', claims: { admin: true } }, 'invalid_request'],
    ['a lifetime', { audience: 'logging-service', expiresIn: 90_000 }, 'invalid_request'],
    ['an audience', { audience: 'payroll' }, 'invalid_target'],
    ['a resource', { resource: 'https://payroll.example' }, 'invalid_target'],
  ])('rejects with the code of the service if %s is not allowed', async (_name, target, code) => {
    await expect(withSecret().getToken(target)).rejects.toMatchObject({
      name: 'TokenUnavailableError',
      code,
    });
  });
});
