import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { readToken } from '../../support/hand-made-token.js';
import { RunningApp } from '../../support/running-app.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const [HOUR, TODAY] = [3_600, 600];

let service: RunningApp;
let admin: Administrator;
let worker: TestClient;
beforeAll(async () => {
  const databaseUrl = `sqlite:${temporaryDirectory()}/identity.db`;
  const before = await RunningApp.start({ databaseUrl, lifetimeSeconds: HOUR });
  const members = { audiences: ['logging-service'], token_lifetime_seconds: HOUR };
  worker = await makeClient(before, 'worker', members);
  await before.stop();
  service = await RunningApp.start({ databaseUrl, lifetimeSeconds: TODAY });
  admin = await Administrator.of(service);
});
afterAll(async () => {
  await service.stop();
  removeTemporaryDirectories();
});

it('a stored lifetime above the current limit is reduced to it when a token is issued', async () => {
  const { authorization } = worker;
  const grant = { grant_type: 'client_credentials' };
  const responses = [
    await service.post('/token', { sub: 'worker', aud: 'logging-service' }, { authorization }),
    await service.form('/oauth2/token', grant, { authorization }),
  ];
  for (const { status, body } of responses) {
    expect([status, body['expires_in']]).toEqual([200, TODAY]);
    const { iat, exp } = readToken(String(body['token'] ?? body['access_token'])).claims;
    expect(Number(exp) - Number(iat)).toBe(TODAY);
  }
  const longer = { sub: 'worker', aud: 'logging-service', expires_in: TODAY + 1 };
  expect((await service.post('/token', longer, { authorization })).status).toBe(400);
});

it('a stored lifetime above the current limit does not prevent changes to other fields', async () => {
  for (const patch of [
    ...[{ disabled: true }, { disabled: false }, { name: 'New' }, { scopes: ['a'] }, { grant_types: [] }],
    ...[{ audiences: ['b'] }, { default_audience: 'b' }, { claims: ['c'] }, { may_act_for: ['x-*'] }, {}],
  ]) {
    const { status, body } = await admin.update('worker', patch);
    expect({ patch, status, body }).toEqual({
      patch,
      status: 200,
      body: expect.objectContaining({ token_lifetime_seconds: HOUR, ...patch }),
    });
  }
  const { body } = await admin.addSecret('worker');
  expect((await admin.endSecret('worker', String(body['secret_id']))).status).toBe(204);
  expect(await admin.update('worker', { token_lifetime_seconds: TODAY + 1 })).toMatchObject({
    status: 400,
    body: { error: expect.stringMatching(/^token_lifetime_seconds /) },
  });
  expect((await admin.update('worker', { token_lifetime_seconds: TODAY })).status).toBe(200);
  expect((await admin.remove('worker')).status).toBe(204);
});
