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
  it('removes a client: it is not shown, may not ask, and its tokens are revoked', async () => {
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

  it('leaves the tokens of anyone else as they are', async () => {
    const { authorization } = await makeClient(service, 'stays', WORKER);
    const ofClient = await service.issue({ sub: 'stays' }, { authorization });
    const anonymous = await service.issue({ sub: 'gone' });
    await makeClient(service, 'gone', WORKER);
    await admin.remove('gone');
    expect((await service.verify(ofClient)).status).toBe(200);
    expect((await service.verify(anonymous)).status).toBe(200);
  });

  it('does not find a client twice', async () => {
    await makeClient(service, 'twice');
    expect((await admin.remove('twice')).status).toBe(204);
    expect(await admin.remove('twice')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await admin.update('twice', {})).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await admin.addSecret('twice')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('lets the ID be used again: by a client with another secret, for which the previous tokens are invalid', async () => {
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

  it('shuts out an administrator who removes itself, with the token that it has', async () => {
    const other = await Administrator.of(service, 'second-admin');
    const authorization = `Bearer ${await other.token()}`;
    expect((await admin.remove('second-admin')).status).toBe(204);
    expect(await service.get('/admin/clients', { authorization })).toMatchObject({
      status: 401,
      body: { code: 'invalid_token' },
    });
  });
});

describe('a token that names a client', () => {
  const named = (client_id: unknown, claims: object = {}): string =>
    handMadeToken({ claims: { client_id, ...claims } });

  it('is valid whatever it names, until the first client is registered', async () => {
    const empty = await RunningApp.start();
    expect((await empty.verify(named('nobody'))).status).toBe(200);
    await makeClient(empty, 'first');
    expect((await empty.verify(named('nobody'))).body['code']).toBe('token_revoked');
    await empty.stop();
  });

  it.each([
    ['nobody', 'nobody'],
    ['a name of Object.prototype', 'constructor'],
    ['a number', 7],
    ['null', null],
    ['a list', ['admin']],
  ])('is revoked if that is %s', async (_name, client_id) => {
    expect((await service.verify(named(client_id))).body['code']).toBe('token_revoked');
  });

  it('is verified by everything else first', async () => {
    const expired = named('nobody', { exp: NEW_YEAR - 1 });
    expect((await service.verify(expired)).body['code']).toBe('token_expired');
    expect((await service.verify(named('nobody'), 'billing')).body['code']).toBe('invalid_audience');
  });
});
