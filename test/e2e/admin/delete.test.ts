import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Administrator, basic, makeClient } from '../../support/clients.js';
import { handMadeToken } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { RunningApp } from '../../support/running-app.js';

const WORKER = { audiences: ['logging-service'] };

let service: RunningApp;
let admin: Administrator;
beforeAll(async () => {
  service = await RunningApp.start();
  admin = await Administrator.of(service);
});
beforeEach(() => service.clock.set(NEW_YEAR));
afterAll(() => service.stop());

describe('DELETE /admin/clients/{id}', () => {
  it('removes a client: GET returns 404, POST /token 401, and its tokens are revoked', async () => {
    const { authorization } = await makeClient(service, 'removed', WORKER);
    const ask = { sub: 'removed', aud: 'logging-service' };
    const token = await service.issue({ sub: 'removed' }, { authorization });
    const { status, text, headers } = await admin.remove('removed');
    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(headers.get('cache-control')).toBe('no-store');
    expect((await admin.show('removed')).status).toBe(404);
    expect((await service.post('/token', ask, { authorization })).status).toBe(401);
    expect(await service.verify(token)).toMatchObject({
      status: 401,
      body: {
        valid: false,
        error: 'Token revoked',
        code: 'token_revoked',
        hint: expect.stringContaining('not registered'),
      },
    });
  });

  it('does not revoke tokens of other clients or of anonymous callers', async () => {
    const { authorization } = await makeClient(service, 'stays', WORKER);
    const ofClient = await service.issue({ sub: 'stays' }, { authorization });
    const anonymous = await service.issue({ sub: 'gone' });
    await makeClient(service, 'gone', WORKER);
    await admin.remove('gone');
    expect((await service.verify(ofClient)).status).toBe(200);
    expect((await service.verify(anonymous)).status).toBe(200);
  });

  it('makes a second DELETE, a PATCH and a new secret return 404', async () => {
    await makeClient(service, 'twice');
    expect((await admin.remove('twice')).status).toBe(204);
    expect(await admin.remove('twice')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await admin.update('twice', {})).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await admin.addSecret('twice')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('frees the ID for a new client; the secret and tokens of the previous one stay invalid', async () => {
    const previous = await makeClient(service, 'phoenix', WORKER);
    const token = await service.issue({ sub: 'phoenix' }, { authorization: previous.authorization });
    await admin.remove('phoenix');
    service.clock.advance(1);
    const { status, body } = await admin.create({ client_id: 'phoenix', ...WORKER });
    expect(status).toBe(201);
    const authorization = basic('phoenix', String(body['client_secret']));
    const fresh = await service.issue({ sub: 'phoenix' }, { authorization });
    expect((await service.verify(fresh)).status).toBe(200);
    expect(await service.verify(token)).toMatchObject({
      status: 401,
      body: { code: 'token_revoked', hint: expect.stringContaining('previous client') },
    });
    const ask = { sub: 'phoenix', aud: 'logging-service' };
    expect((await service.post('/token', ask, { authorization: previous.authorization })).status).toBe(401);
  });

  it('invalidates the token of a deleted administrator', async () => {
    const other = await Administrator.of(service, 'second-admin');
    const authorization = `Bearer ${await other.token()}`;
    expect((await admin.remove('second-admin')).status).toBe(204);
    expect(await service.get('/admin/clients', { authorization })).toMatchObject({
      status: 401,
      body: { code: 'invalid_token' },
    });
  });
});

describe('a token with a client_id', () => {
  const named = (client_id: unknown, claims: object = {}): string =>
    handMadeToken({ claims: { client_id, ...claims } });

  it('is valid for an unknown client until the first client is registered', async () => {
    const empty = await RunningApp.start();
    expect((await empty.verify(named('nobody'))).status).toBe(200);
    await makeClient(empty, 'first');
    expect((await empty.verify(named('nobody'))).body['code']).toBe('token_revoked');
    await empty.stop();
  });

  it.each([
    ['an unknown ID', 'nobody'],
    ['the name of a property of Object.prototype', 'constructor'],
    ['a number', 7],
    ['null', null],
    ['an array', ['admin']],
  ])('is revoked if the client_id is %s', async (_name, client_id) => {
    expect((await service.verify(named(client_id))).body['code']).toBe('token_revoked');
  });

  it('is checked for expiry and audience before its client_id', async () => {
    const expired = named('nobody', { exp: NEW_YEAR - 1 });
    expect((await service.verify(expired)).body['code']).toBe('token_expired');
    expect((await service.verify(named('nobody'), 'billing')).body['code']).toBe('invalid_audience');
  });
});
