import { createPrivateKey, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { ManagedKeys } from '../../../src/keys/managed-keys.js';
import { Administrator, makeClient, ADMINISTRATOR_CLAIMS } from '../../support/clients.js';
import { RunningApp } from '../../support/running-app.js';

describe('a token signed with the admin key of the service', () => {
  let service: RunningApp;
  /** The private key, which only the process has. */
  let key: KeyObject;
  let keyId: string;
  beforeAll(async () => {
    service = await RunningApp.start();
    await Administrator.of(service);
    const { privateKey, id } = service.app.get(ManagedKeys).signing('administration') as unknown as {
      privateKey: KeyObject;
      id: string;
    };
    key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
    keyId = id;
  });
  afterAll(() => service.stop());

  const sign = (claims: object, header: object = {}): Promise<string> =>
    new SignJWT({ ...ADMINISTRATOR_CLAIMS, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: keyId, ...header })
      .sign(key);

  it('is accepted by the admin routes, even if it is made by hand', async () => {
    const authorization = `Bearer ${await sign({})}`;
    expect((await service.get('/admin/clients', { authorization })).status).toBe(200);
  });

  it.each<[unknown]>([['logging-service'], [['logging-service']], [['identity-backend', 'logging-service']]])(
    'is rejected by /verify and the admin routes for the audience %j',
    async (aud) => {
      const token = await sign({ aud });
      expect((await service.verify(token)).body['code']).toBe('invalid_signature');
      expect((await service.get('/admin/clients', { authorization: `Bearer ${token}` })).status).toBe(401);
    },
  );

  it.each(['JWT', 'jwt', undefined, 'dpop+jwt', 'at-jwt'])(
    'is rejected by the admin routes with the typ %j',
    async (typ) => {
      const token = await sign({}, { typ });
      expect(await service.get('/admin/clients', { authorization: `Bearer ${token}` })).toMatchObject({
        status: 401,
        body: { code: 'invalid_token' },
      });
    },
  );

  it('is accepted by the admin routes with the typ application/AT+JWT', async () => {
    const authorization = `Bearer ${await sign({}, { typ: 'application/AT+JWT' })}`;
    expect((await service.get('/admin/clients', { authorization })).status).toBe(200);
  });

  it('is rejected by the admin routes without the client_id of a registered client', async () => {
    const rejected = async (client_id: unknown): Promise<object> => {
      const { status, body } = await service.get('/admin/clients', {
        authorization: `Bearer ${await sign({ client_id })}`,
      });
      return { client_id, status, code: body['code'] };
    };
    expect(await rejected(undefined)).toEqual({ status: 403, code: 'insufficient_scope' });
    for (const client_id of [null, 7, '', 'nobody', ['admin'], '__proto__'])
      expect(await rejected(client_id)).toEqual({ client_id, status: 401, code: 'invalid_token' });
  });
});

describe('POST /token', () => {
  it.each(['none', 'required'] as const)(
    'issues no token for the service itself if TOKEN_ENDPOINT_AUTH is %s',
    async (tokenEndpointAuth) => {
      const other = await RunningApp.start({ tokenEndpointAuth });
      const { authorization } = await makeClient(other, 'admin', {
        audiences: ['identity-backend', 'logging-service'],
        scopes: ['identity:admin'],
      });
      const refusal = { status: 403, body: { error: 'Audience not allowed', code: 'invalid_target' } };
      for (const aud of ['identity-backend', ['identity-backend'], ['identity-backend', 'logging-service']]) {
        for (const scope of [undefined, 'identity:admin']) {
          const body = { sub: 'admin', aud, scope };
          expect(await other.post('/token', body, { authorization })).toMatchObject(refusal);
          const { status } = await other.post('/token', body);
          expect(status).toBe(tokenEndpointAuth === 'none' ? 403 : 401);
        }
      }
      const elsewhere = await other.issue({ sub: 'admin', scope: 'identity:admin' }, { authorization });
      expect((await other.get('/admin/clients', { authorization: `Bearer ${elsewhere}` })).status).toBe(401);
      await other.stop();
    },
  );

  it.each(['none', 'required'] as const)(
    'issues no token for the revocation lists, nor does /oauth2/token, if TOKEN_ENDPOINT_AUTH is %s',
    async (tokenEndpointAuth) => {
      const other = await RunningApp.start({ tokenEndpointAuth });
      const revocations = 'urn:identity-backend:revocations';
      const audiences = [revocations, 'identity-backend', 'logging-service'];
      const { authorization } = await makeClient(other, 'worker', { audiences });
      for (const aud of [revocations, [revocations], ['logging-service', revocations]]) {
        expect(await other.post('/token', { sub: 'worker', aud }, { authorization })).toMatchObject({
          status: 403,
          body: { error: 'Audience not allowed', code: 'invalid_target' },
        });
        const names = [aud].flat();
        for (const asked of [
          `audience=${encodeURIComponent(names.join(' '))}`,
          names.map((name) => `resource=${encodeURIComponent(name.replace(/^l/, 'l:'))}`).join('&'),
          `audience=${encodeURIComponent(`${revocations} identity-backend`)}`,
          `audience=${encodeURIComponent('identity-backend logging-service')}`,
        ]) {
          const form = `grant_type=client_credentials&${asked}`;
          expect(await other.form('/oauth2/token', form, { authorization })).toMatchObject({
            status: 400,
            body: { error: 'invalid_target' },
          });
        }
      }
      await other.stop();
    },
  );

  it('issues no token for the issuer, however it is spelled', async () => {
    const other = await RunningApp.start({ issuer: 'https://identity.example.com' });
    for (const aud of [
      'https://identity.example.com',
      'https://identity.example.com/',
      'HTTPS://identity.example.com',
      'https://Identity.example.com:443',
    ]) {
      const { body } = await other.post('/token', { sub: 'admin', aud });
      expect(body['code']).toBe('invalid_target');
    }
    await other.stop();
  });
});
