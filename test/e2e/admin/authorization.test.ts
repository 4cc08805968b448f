import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Administrator, ADMINISTRATOR, basic, makeClient } from '../../support/clients.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

const ROUTES = [
  ['POST', ''],
  ['GET', ''],
  ['GET', '/admin'],
  ['PATCH', '/admin'],
  ['DELETE', '/admin'],
  ['POST', '/admin/secrets'],
  ['DELETE', '/admin/secrets/x'],
  ['GET', '/no-such-client'],
] as const;
const PLAIN = 'Bearer realm="identity-backend"';

let service: RunningApp;
let admin: Administrator;
beforeAll(async () => {
  service = await RunningApp.start({ issuer: 'identity-backend' });
  admin = await Administrator.of(service);
});
afterAll(() => service.stop());

async function challengeOf(
  authorization: string | undefined,
  [method, path]: readonly [string, string] = ['GET', ''],
): Promise<object> {
  const response: ServiceResponse = await service.request(`/admin/clients${path}`, {
    method,
    headers: authorization === undefined ? {} : { authorization },
  });
  return {
    status: response.status,
    code: response.body['code'],
    challenge: response.headers.get('www-authenticate'),
  };
}

const INVALID_TOKEN = { status: 401, code: 'invalid_token', challenge: `${PLAIN}, error="invalid_token"` };

/** An access token that the client requests with these parameters. */
async function tokenOf(authorization: string, parameters: Record<string, string> = {}): Promise<string> {
  const form = { grant_type: 'client_credentials', ...parameters };
  const { body, text } = await service.form('/oauth2/token', form, { authorization });
  if (typeof body['access_token'] !== 'string') throw new Error(text);
  return body['access_token'];
}

describe('the admin routes (RFC 6750)', () => {
  it.each(ROUTES)(
    'return a challenge without an error to a request without credentials: %s /admin/clients%s',
    async (...route) => {
      expect(await challengeOf(undefined, route)).toEqual({
        status: 401,
        code: 'missing_token',
        challenge: PLAIN,
      });
    },
  );

  it.each(ROUTES)('reject a malformed token: %s /admin/clients%s', async (...route) => {
    expect(await challengeOf('Bearer a.b.c', route)).toEqual(INVALID_TOKEN);
  });

  it.each(['Bearer', 'Bearer ', 'Bearer a b', 'Bearer a.b.c', 'bearer x', 'Bearer \u00e9'])(
    'reject malformed bearer credentials: %j',
    async (authorization) => {
      expect(await challengeOf(authorization)).toEqual(INVALID_TOKEN);
    },
  );

  it('respond to another scheme with a challenge (RFC 6750 section 3.1)', async () => {
    for (const authorization of [
      admin.client.authorization,
      basic('nobody', 'x'),
      'Digest x',
      await admin.token(),
    ]) {
      expect(await challengeOf(authorization)).toEqual({
        status: 401,
        code: 'missing_token',
        challenge: PLAIN,
      });
    }
  });

  it('accept a token only in the header, with the scheme in any case', async () => {
    const token = await admin.token();
    expect(await challengeOf(`bearer ${token}`)).toMatchObject({ status: 200 });
    expect(await challengeOf(`BEARER   ${token}`)).toMatchObject({ status: 200 });
    expect((await service.get(`/admin/clients?access_token=${token}`)).status).toBe(401);
  });

  it('reject a token that has expired or is not yet valid', async () => {
    const token = await admin.token();
    service.clock.advance(900);
    expect(await challengeOf(`Bearer ${token}`)).toEqual(INVALID_TOKEN);
    service.clock.advance(-901);
    expect(await challengeOf(`Bearer ${token}`)).toEqual(INVALID_TOKEN);
    service.clock.advance(1);
    expect(await challengeOf(`Bearer ${token}`)).toMatchObject({ status: 200 });
  });

  it('reject a token for another audience, even with the scope', async () => {
    const { authorization } = await makeClient(service, 'elsewhere', {
      audiences: ['logging-service'],
      scopes: ['identity:admin'],
    });
    const token = await tokenOf(authorization, { scope: 'identity:admin' });
    expect(await challengeOf(`Bearer ${token}`)).toEqual(INVALID_TOKEN);
  });

  const INSUFFICIENT = {
    status: 403,
    code: 'insufficient_scope',
    challenge: `${PLAIN}, error="insufficient_scope", scope="identity:admin"`,
  };

  it.each(ROUTES)('require the scope identity:admin: %s /admin/clients%s', async (...route) => {
    const id = `reader-${ROUTES.findIndex((each) => each.join() === route.join())}`;
    const client = { ...ADMINISTRATOR, scopes: ['identity:introspect', 'identity:administrator'] };
    const { authorization } = await makeClient(service, id, client);
    expect(await challengeOf(`Bearer ${await tokenOf(authorization)}`, route)).toEqual(INSUFFICIENT);
    const scope = 'identity:introspect identity:administrator';
    expect(await challengeOf(`Bearer ${await tokenOf(authorization, { scope })}`, route)).toEqual(
      INSUFFICIENT,
    );
  });

  it('accept a token that has other scopes too', async () => {
    const client = { ...ADMINISTRATOR, scopes: ['a', 'identity:admin', 'z'] };
    const { authorization } = await makeClient(service, 'more', client);
    const token = await tokenOf(authorization, { scope: 'a identity:admin z' });
    expect(await challengeOf(`Bearer ${token}`)).toMatchObject({ status: 200 });
  });

  it('reject an existing token once its client has lost the scope or is disabled', async () => {
    const other = await Administrator.of(service, 'other');
    const authorization = `Bearer ${await other.token()}`;
    expect(await challengeOf(authorization)).toMatchObject({ status: 200 });
    await admin.update('other', { scopes: [] });
    expect(await challengeOf(authorization)).toEqual(INSUFFICIENT);
    await admin.update('other', { scopes: ['identity:admin'], disabled: true });
    expect(await challengeOf(authorization)).toEqual(INVALID_TOKEN);
    await admin.update('other', { disabled: false });
    expect(await challengeOf(authorization)).toMatchObject({ status: 200 });
  });

  it.each<[string, object]>([
    ['audiences: []', { audiences: [] }],
    ['audiences: null', { audiences: null }],
    ['another audience', { audiences: ['logging-service'] }],
    ['a spelling of the audience', { audiences: ['Identity-Backend', 'identity-backend/'] }],
    ['scopes: []', { scopes: [] }],
    ['scopes: null', { scopes: null }],
    ['another scope', { scopes: ['identity:introspect', 'identity:admins'] }],
    ['neither', { scopes: [], audiences: [] }],
  ])('reject an existing token on every route once its client has %s', async (name, patch) => {
    const id = `reduced-${name.replaceAll(/[^a-z]/g, '')}`;
    const other = await Administrator.of(service, id);
    const authorization = `Bearer ${await other.token()}`;
    expect(await challengeOf(authorization)).toMatchObject({ status: 200 });
    expect((await admin.update(id, patch)).status).toBe(200);
    for (const route of ROUTES) expect(await challengeOf(authorization, route)).toEqual(INSUFFICIENT);
    await admin.update(id, { scopes: ['identity:admin'], audiences: ['x', 'identity-backend'] });
    expect(await challengeOf(authorization)).toMatchObject({ status: 200 });
    await admin.update(id, { disabled: true, audiences: [] });
    for (const route of ROUTES) expect(await challengeOf(authorization, route)).toEqual(INVALID_TOKEN);
  });

  it('check the token before the path and the body', async () => {
    for (const [method, path, body] of [
      ['POST', '', '{'],
      ['PATCH', '/no-such-client', '[]'],
      ['POST', '/no-such-client/secrets', '{"expires_in":"x"}'],
    ] as const) {
      const { status } = await service.request(`/admin/clients${path}`, {
        method,
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect([path, status]).toEqual([path, 401]);
    }
  });
});
