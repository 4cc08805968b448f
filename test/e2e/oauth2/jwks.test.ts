import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint, createRemoteJWKSet, type JWK, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { ManagedKeys } from '../../../src/keys/managed-keys.js';
import { Administrator, makeClient } from '../../support/clients.js';
import { readToken } from '../../support/hand-made-token.js';
import { askForKeys, type ShownKey } from '../../support/key-administration.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { RunningApp } from '../../support/running-app.js';
import { SECRET } from '../../support/settings.js';

const PATH = '/.well-known/jwks.json';

let service: RunningApp;
let admin: Administrator;
beforeAll(async () => {
  service = await RunningApp.start();
  admin = await Administrator.of(service);
});
afterAll(() => service.stop());

describe('GET /.well-known/jwks.json', () => {
  it('is empty until the first client is registered, then contains the signing key and the next', async () => {
    const empty = await RunningApp.start();
    expect((await empty.get(PATH)).body).toEqual({ keys: [] });
    const first = await Administrator.of(empty);
    const { body } = await empty.get(PATH);
    const keys = (await askForKeys(empty, first)).body['keys'] as ShownKey[];
    expect(keys.map(({ state }) => state)).toEqual(['signing', 'published']);
    expect((body['keys'] as JWK[]).map(({ kid }) => kid)).toEqual(keys.map(({ kid }) => kid));
    await makeClient(empty, 'second');
    expect((await empty.get(PATH)).body).toEqual(body);
    await empty.stop();
  });

  it('contains ES256 public keys; the kid of the signing key is its thumbprint (RFC 7638)', async () => {
    const { status, body } = await service.get(PATH);
    const [key = {}] = body['keys'] as JWK[];
    const published = {
      kty: 'EC',
      crv: 'P-256',
      x: expect.stringMatching(/^[\w-]{43}$/),
      y: expect.stringMatching(/^[\w-]{43}$/),
      kid: expect.any(String),
      use: 'sig',
      alg: 'ES256',
    };
    expect({ status, body }).toEqual({
      status: 200,
      body: { keys: [published, published] },
    });
    expect(key.kid).toBe(await calculateJwkThumbprint(key));
    expect(readToken(await admin.token()).header['kid']).toBe(key.kid);
  });

  it('is cacheable by anyone for five minutes (public, max-age=300)', async () => {
    const { headers } = await service.get(PATH);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(headers.get('content-type')).toMatch(/^application\/(jwk-set\+)?json\b/);
  });

  it('never contains the shared secret', async () => {
    const { text } = await service.get(PATH);
    expect(text).not.toMatch(/"oct"|"k":|"d":/);
    expect(text).not.toContain(Buffer.from(SECRET).toString('base64url'));
  });

  it('is all that jose needs to verify a token for the service itself', async () => {
    const keys = createRemoteJWKSet(new URL(`${service.origin}${PATH}`));
    const { payload, protectedHeader } = await jwtVerify(await admin.token(), keys, {
      issuer: 'identity-backend',
      audience: 'identity-backend',
      typ: 'at+jwt',
      algorithms: ['ES256'],
      currentDate: new Date(NEW_YEAR * 1000),
    });
    expect(payload).toMatchObject({ sub: 'admin', client_id: 'admin', scope: 'identity:admin' });
    expect(protectedHeader.alg).toBe('ES256');
  });

  it('is all that oauth4webapi needs to validate an RFC 9068 access token', async () => {
    const other = await RunningApp.start();
    // The library uses the clock of the machine.
    other.clock.set(Date.now() / 1000);
    // Since the clock moved, the keys in memory count as stale until the database is read again.
    await other.app.get(ManagedKeys).sync();
    const administrator = await Administrator.of(other);
    const server = { issuer: 'identity-backend', jwks_uri: `${other.origin}${PATH}` };
    const call = new Request(`${other.origin}/admin/clients`, {
      headers: { authorization: `Bearer ${await administrator.token()}` },
    });
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- so that it is not used against a real service
    const options = { [oauth.allowInsecureRequests]: true };
    const claims = await oauth.validateJwtAccessToken(server, call, 'identity-backend', options);
    expect(claims).toMatchObject({ sub: 'admin', client_id: 'admin', scope: 'identity:admin' });
    expect((await fetch(call)).status).toBe(200);
    await other.stop();
  });

  it('returns 405 for POST, with Allow: GET, HEAD', async () => {
    const { status, headers } = await service.post(PATH, {});
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'GET, HEAD' });
  });
});
