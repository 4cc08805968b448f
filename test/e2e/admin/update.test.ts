import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { RunningApp } from '../../support/running-app.js';

const FULL = {
  name: 'Worker',
  audiences: ['logging-service', 'billing'],
  default_audience: 'billing',
  scopes: ['logs:read', 'logs:write'],
  claims: ['tenant'],
  token_lifetime_seconds: 300,
  may_act_for: ['user-*'],
};

let service: RunningApp;
let admin: Administrator;
let worker: TestClient;
let count = 0;
beforeAll(async () => {
  service = await RunningApp.start();
  admin = await Administrator.of(service);
});
beforeEach(async () => {
  service.clock.set(NEW_YEAR);
  worker = await makeClient(service, `worker-${++count}`, FULL);
});
afterAll(() => service.stop());

/** The status of POST /token for the worker, with these fields in the request. */
async function asked(members: Readonly<Record<string, unknown>>): Promise<number> {
  const { authorization, id } = worker;
  const body = { sub: id, aud: 'logging-service', ...members };
  return (await service.post('/token', body, { authorization })).status;
}

describe('PATCH /admin/clients/{id}', () => {
  it('changes the fields in the patch, keeps the others, and sets updated_at', async () => {
    const { body: before } = await admin.show(worker.id);
    service.clock.advance(60);
    const { status, body } = await admin.update(worker.id, { name: 'Another', claims: ['email'] });
    expect({ status, body }).toEqual({
      status: 200,
      body: { ...before, name: 'Another', claims: ['email'], updated_at: '2026-01-01T00:01:00.000Z' },
    });
    expect((await admin.show(worker.id)).body).toEqual(body);
  });

  it.each<[string, unknown, unknown]>([
    ['name', null, 'worker'],
    ['audiences', null, []],
    ['default_audience', null, null],
    ['scopes', null, []],
    ['claims', null, []],
    ['grant_types', null, ['client_credentials']],
    ['token_lifetime_seconds', null, null],
    ['may_act_for', null, []],
    ['jwks', null, null],
    ['disabled', null, false],
  ])('sets %s to its default if it is null', async (member, value, byDefault) => {
    const patch = { [member]: value, ...(member === 'audiences' && { default_audience: null }) };
    const { status, body } = await admin.update(worker.id, patch);
    expect({ status, value: body[member] }).toEqual({
      status: 200,
      value: member === 'name' ? worker.id : byDefault,
    });
  });

  it.each<[string, unknown]>([
    ['audiences', ['billing']],
    ['scopes', ['other']],
    ['may_act_for', []],
  ])('replaces a list as a whole: %s', async (member, value) => {
    expect((await admin.update(worker.id, { [member]: value })).body[member]).toEqual(value);
  });

  it('changes nothing if the patch is empty', async () => {
    const { body: before } = await admin.show(worker.id);
    expect(await admin.update(worker.id, {})).toMatchObject({ status: 200, body: before });
  });

  it('accepts the response to GET as a patch', async () => {
    const { body: shown } = await admin.show(worker.id);
    expect(await admin.update(worker.id, { ...shown, name: 'Sent back' })).toMatchObject({
      status: 200,
      body: { ...shown, name: 'Sent back' },
    });
  });

  it('ignores read-only fields: secrets, created_at and updated_at', async () => {
    const { body: shown } = await admin.show(worker.id);
    const patch = { secrets: [], created_at: '2020-01-01T00:00:00Z', updated_at: null };
    expect(await admin.update(worker.id, patch)).toMatchObject({ status: 200, body: shown });
    expect(await asked({})).toBe(200);
  });

  it.each(['another', 'WORKER', null, '', 7])('refuses to change the client_id to %j', async (client_id) => {
    expect(await admin.update(worker.id, { client_id, name: 'Another' })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('client_id'), code: 'invalid_request' },
    });
    expect((await admin.show(worker.id)).body['name']).toBe('Worker');
  });

  it('rejects audiences without the default_audience', async () => {
    expect(await admin.update(worker.id, { audiences: ['logging-service'] })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('default_audience') },
    });
  });

  it.each([
    ['null', null],
    ['an array', [{ op: 'remove', path: '/scopes' }]],
    ['a string', 'x'],
    ['missing', undefined],
  ])('rejects a patch that is %s', async (_name, patch) => {
    expect(await admin.update(worker.id, patch)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
  });

  it('accepts application/merge-patch+json (RFC 7396)', async () => {
    const { status, body } = await service.request(`/admin/clients/${worker.id}`, {
      method: 'PATCH',
      body: '{"name":"Merged"}',
      headers: {
        'content-type': 'application/merge-patch+json',
        authorization: `Bearer ${await admin.token()}`,
      },
    });
    expect({ status, name: body['name'] }).toEqual({ status: 200, name: 'Merged' });
  });

  it('returns 404 for an unknown client', async () => {
    expect(await admin.update('no-such-client', { name: 'x' })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['an audience', { audiences: ['billing'] }, { aud: 'logging-service' }],
    ['a scope', { scopes: ['logs:read'] }, { scope: 'logs:write' }],
    ['a subject', { may_act_for: ['user-1'] }, { sub: 'user-2' }],
    ['a claim', { claims: [] }, { claims: { tenant: 'acme' } }],
    ['a longer lifetime', { token_lifetime_seconds: 10 }, { expires_in: 11 }],
    ['all access', { disabled: true }, {}],
  ])('removes and restores %s immediately', async (_name, patch, members) => {
    const { body: previous } = await admin.show(worker.id);
    expect(await asked(members)).toBe(200);
    expect((await admin.update(worker.id, patch)).status).toBe(200);
    expect(await asked(members)).toBeGreaterThanOrEqual(400);
    expect((await admin.update(worker.id, previous)).status).toBe(200);
    expect(await asked(members)).toBe(200);
  });
});

describe('a client with grant_types: []', () => {
  it('gets no token on any route until the default is restored; its existing tokens stay valid', async () => {
    const { authorization, id } = worker;
    const token = await service.issue({ sub: id }, { authorization });
    const grant = { grant_type: 'client_credentials', audience: 'billing' };
    await admin.update(id, { grant_types: [] });
    for (const sub of [id, 'user-1']) {
      expect(await service.post('/token', { sub, aud: 'billing' }, { authorization })).toMatchObject({
        status: 403,
        body: { code: 'access_denied', error: expect.any(String) },
      });
    }
    expect(await service.form('/oauth2/token', grant, { authorization })).toMatchObject({
      status: 400,
      body: { error: 'unauthorized_client' },
    });
    expect((await service.verify(token)).status).toBe(200);
    await admin.update(id, { grant_types: null });
    expect(await asked({})).toBe(200);
    expect((await service.form('/oauth2/token', grant, { authorization })).status).toBe(200);
  });
});

describe('a disabled client', () => {
  it('fails to authenticate, and its tokens are revoked, until it is enabled again', async () => {
    const { authorization, id } = worker;
    const token = await service.issue({ sub: id }, { authorization });
    expect((await service.verify(token)).status).toBe(200);
    await admin.update(id, { disabled: true });
    expect(await service.post('/token', { sub: id, aud: 'billing' }, { authorization })).toMatchObject({
      status: 401,
      body: { error: 'Client authentication failed', code: 'invalid_client' },
    });
    expect(
      await service.form('/oauth2/token', 'grant_type=client_credentials', { authorization }),
    ).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
    expect(await service.verify(token)).toMatchObject({
      status: 401,
      body: { error: 'Token revoked', code: 'token_revoked', hint: expect.stringContaining('disabled') },
    });
    await admin.update(id, { disabled: false });
    expect((await service.verify(token)).status).toBe(200);
    expect(await asked({})).toBe(200);
  });
});
