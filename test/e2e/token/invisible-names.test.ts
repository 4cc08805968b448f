import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClientRegistry } from '../../../src/clients/client-registry.js';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { handMadeToken } from '../../support/hand-made-token.js';
import { RunningApp } from '../../support/running-app.js';

const VALID = { sub: 'user-1', aud: 'logging-service' };
const INVISIBLE = [
  ...['\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u202a', '\u202e', '\u2060', '\u2066', '\u2069'],
  ...['\ufeff', '\u00ad', '\u034f', '\u061c', '\u180e', '\u2028', '\u2029', '\ufe0f', '\u3164', '\u00a0'],
  ...['\u{e0001}', '\u{e0041}', '\u{e0100}', '\u001b', '\u009b', '\ue000', '\uffff'],
];

let service: RunningApp;
let admin: Administrator;
let client: TestClient;
beforeAll(async () => {
  service = await RunningApp.start();
  admin = await Administrator.of(service);
  client = await makeClient(service, 'worker', { audiences: ['logging-service'], may_act_for: ['user-*'] });
});
afterAll(() => service.stop());

/** The code point, as titles name a character that no one can see. */
const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

describe.each(INVISIBLE.map((character) => [codePoint(character), character]))('%s', (_name, character) => {
  const name = `user-1${character}`;

  it.each([
    ['sub', 'sub', name],
    ['aud', 'aud', name],
    ['an aud that is a list', 'aud', ['logging-service', name]],
  ])('is rejected by /token in %s', async (_where, field, value) => {
    for (const headers of [{}, { authorization: client.authorization }]) {
      const { status, body } = await service.post('/token', { ...VALID, [field]: value }, headers);
      expect([status, body['code']]).toEqual([400, 'invalid_request']);
      expect(body['error']).toMatch(new RegExp(`^${field} must`));
    }
  });

  it('is rejected by /oauth2/token in audience and resource', async () => {
    for (const parameters of [{ audience: name }, { resource: `https://a.example/${name}` }]) {
      const { status, body } = await service.form(
        '/oauth2/token',
        { grant_type: 'client_credentials', ...parameters },
        { authorization: client.authorization },
      );
      expect([status, body['error']]).toEqual([400, 'invalid_target']);
    }
  });

  it.each([
    ['name', 'name', name],
    ['audiences', 'audiences', [name]],
    ['default_audience', 'default_audience', name],
    ['scopes', 'scopes', [name]],
    ['claims', 'claims', [name]],
    ['may_act_for', 'may_act_for', [name]],
    ['a prefix in may_act_for', 'may_act_for', [`${name}*`]],
    ['client_id', 'client_id', name],
  ])('is rejected by the admin routes in %s', async (_where, field, value) => {
    const created = await admin.create({ client_id: 'made', [field]: value });
    expect([created.status, created.body['code']]).toEqual([400, 'invalid_request']);
    expect(created.body['error']).toContain(field);
    if (field === 'client_id') return;
    const changed = await admin.update('worker', { [field]: value });
    expect([changed.status, changed.body['code']]).toEqual([400, 'invalid_request']);
  });

  it('is accepted by /verify in the sub of a token', async () => {
    const token = handMadeToken({ claims: { sub: name, aud: 'logging-service', exp: 9_999_999_999 } });
    expect((await service.verify(token)).body).toMatchObject({ valid: true, claims: { sub: name } });
  });
});

it('a token whose audience has an invisible character is still valid', async () => {
  const aud = 'logging\u200b-service';
  const token = handMadeToken({ claims: { sub: 'user-1', aud, exp: 9_999_999_999 } });
  expect((await service.verify(token, aud)).body).toMatchObject({ valid: true, claims: { aud } });
});

it('a client that already has such names can be read, changed, disabled and deleted', async () => {
  await makeClient(service, 'previous', { audiences: ['logging-service'] });
  const name = 'For\u200bmer';
  await service.app.get(ClientRegistry).change('previous', (current) => {
    if (!current) throw new Error('no client');
    return { ...current, name, audiences: [`logging-service\u202e`], mayActFor: ['user\u2060*'] };
  });
  expect((await admin.show('previous')).body).toMatchObject({ name });
  expect((await admin.list()).text).toContain(name);
  expect((await admin.update('previous', { scopes: ['logs:read'] })).status).toBe(200);
  expect((await admin.update('previous', { disabled: true })).body).toMatchObject({ name, disabled: true });
  expect((await admin.addSecret('previous', {})).status).toBe(201);
  expect((await admin.remove('previous')).status).toBe(204);
});
