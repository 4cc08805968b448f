import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Administrator, basic, makeClient, type TestClient } from '../../support/clients.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });

let service: RunningApp;
let admin: Administrator;
let worker: TestClient;
let count = 0;
beforeAll(async () => {
  service = await RunningApp.start({ authFailureMax: 0 });
  admin = await Administrator.of(service);
});
beforeEach(async () => {
  service.clock.set(NEW_YEAR);
  worker = await makeClient(service, `worker-${++count}`, { audiences: ['logging-service'] });
});
afterAll(() => service.stop());

async function works(secret: unknown): Promise<boolean> {
  const authorization = basic(worker.id, String(secret));
  const { status } = await service.post(
    '/token',
    { sub: worker.id, aud: 'logging-service' },
    { authorization },
  );
  return status === 200;
}

async function added(body?: unknown): Promise<Readonly<Record<string, unknown>>> {
  const response = await admin.addSecret(worker.id, body);
  if (response.status !== 201) throw new Error(response.text);
  return response.body;
}

/** The IDs of the secrets that `GET /admin/clients/{id}` returns. */
async function shownSecrets(): Promise<unknown[]> {
  const { body } = await admin.show(worker.id);
  return (body['secrets'] as { secret_id: string }[]).map(({ secret_id }) => secret_id);
}

const conflict = { status: 409, body: { error: expect.any(String), code: 'conflict' } };
const outcome = ({ status, body }: ServiceResponse): object => ({ status, body });

describe('POST /admin/clients/{id}/secrets', () => {
  it('adds a second secret, which is shown once and valid together with the first', async () => {
    const { status, body, headers } = await admin.addSecret(worker.id, {});
    expect({ status, body }).toEqual({
      status: 201,
      body: {
        secret_id: expect.any(String),
        client_secret: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
        expires_at: null,
      },
    });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(await works(worker.secret)).toBe(true);
    expect(await works(body['client_secret'])).toBe(true);
    expect(await shownSecrets()).toEqual([worker.secretId, body['secret_id']]);
    expect((await admin.show(worker.id)).text).not.toContain(String(body['client_secret']));
  });

  it('needs no body', async () => {
    expect(await works((await added())['client_secret'])).toBe(true);
  });

  it('returns 409 for a third secret, and does not add it', async () => {
    await added({});
    expect(outcome(await admin.addSecret(worker.id, {}))).toEqual(conflict);
    expect(await shownSecrets()).toHaveLength(2);
  });

  it('adds only one of five secrets requested at once: a client has at most two', async () => {
    const responses = await Promise.all(Array.from({ length: 5 }, () => admin.addSecret(worker.id, {})));
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  });

  it.each([
    ['expires_in', { expires_in: 60 }],
    ['expires_at', { expires_at: '2026-01-01T00:01:00Z' }],
    ['expires_at in another time zone', { expires_at: '2026-01-01T02:01:00+02:00' }],
    ['expires_at with fractional seconds', { expires_at: '2026-01-01T00:01:00.000Z' }],
  ])('adds a secret that expires: %s', async (_name, body) => {
    const secret = await added(body);
    expect(secret['expires_at']).toBe('2026-01-01T00:01:00.000Z');
    expect((await admin.show(worker.id)).body['secrets']).toMatchObject([
      { expires_at: null },
      { expires_at: '2026-01-01T00:01:00.000Z' },
    ]);
    service.clock.advance(59.999);
    expect(await works(secret['client_secret'])).toBe(true);
    service.clock.advance(0.001);
    expect(await works(secret['client_secret'])).toBe(false);
    expect(await works(worker.secret)).toBe(true);
  });

  it('adds a secret in place of an expired one', async () => {
    const previous = await added({ expires_in: 60 });
    service.clock.advance(60);
    const next = await added({});
    expect(await shownSecrets()).toEqual([worker.secretId, next['secret_id']]);
    expect(await works(previous['client_secret'])).toBe(false);
    expect(await works(next['client_secret'])).toBe(true);
  });

  it.each<[string, unknown]>([
    ['expires_in', 0],
    ['expires_in', -1],
    ['expires_in', 1.5],
    ['expires_in', '60'],
    ['expires_in', 315_360_001],
    ['expires_at', '2026-01-01'],
    ['expires_at', '2026-01-01T00:01:00'],
    ['expires_at', '2026-13-01T00:00:00Z'],
    ['expires_at', '2030-02-30T00:00:00Z'],
    ['expires_at', 'tomorrow'],
    ['expires_at', ''],
    ['expires_at', 1_767_225_660],
  ])('rejects the %s %j', async (member, value) => {
    expect(outcome(await admin.addSecret(worker.id, { [member]: value }))).toEqual({
      status: 400,
      body: { error: expect.stringContaining(member), code: 'invalid_request' },
    });
    expect(await shownSecrets()).toHaveLength(1);
  });

  it('rejects an expires_at that is not in the future, or together with expires_in', async () => {
    for (const body of [
      { expires_at: '2026-01-01T00:00:00Z' },
      { expires_at: '2030-01-01T00:00:00Z', expires_in: 60 },
    ]) {
      expect(await admin.addSecret(worker.id, body)).toMatchObject({
        status: 400,
        body: { code: 'invalid_request' },
      });
    }
  });

  it('returns 404 for an unknown client', async () => {
    expect(await admin.addSecret('nobody', {})).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

describe('DELETE /admin/clients/{id}/secrets/{secretId}', () => {
  it('revokes a secret immediately; the other stays valid', async () => {
    const second = await added({});
    const { status, text } = await admin.endSecret(worker.id, worker.secretId);
    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(await works(worker.secret)).toBe(false);
    expect(await works(second['client_secret'])).toBe(true);
    expect(await shownSecrets()).toEqual([second['secret_id']]);
  });

  it('does not revoke the tokens that were requested with the secret', async () => {
    const token = await service.issue({ sub: worker.id }, { authorization: worker.authorization });
    await added({});
    await admin.endSecret(worker.id, worker.secretId);
    expect((await service.verify(token)).status).toBe(200);
  });

  it('returns 409 for the last secret, which stays valid', async () => {
    expect(outcome(await admin.endSecret(worker.id, worker.secretId))).toEqual(conflict);
    expect(await works(worker.secret)).toBe(true);
  });

  it('returns 409 for the last valid secret, but removes an expired one', async () => {
    const second = await added({ expires_in: 60 });
    service.clock.advance(61);
    expect(outcome(await admin.endSecret(worker.id, worker.secretId))).toEqual(conflict);
    expect((await admin.endSecret(worker.id, String(second['secret_id']))).status).toBe(204);
    expect(await shownSecrets()).toEqual([worker.secretId]);
  });

  it('revokes the last secret of a client with keys; the keys then cannot be removed', async () => {
    await admin.update(worker.id, { jwks: { keys: [jwk] } });
    expect((await admin.endSecret(worker.id, worker.secretId)).status).toBe(204);
    expect(await works(worker.secret)).toBe(false);
    expect(await shownSecrets()).toEqual([]);
    expect(outcome(await admin.update(worker.id, { jwks: null }))).toEqual(conflict);
    expect((await admin.addSecret(worker.id)).status).toBe(201);
    expect((await admin.update(worker.id, { jwks: null })).status).toBe(200);
  });

  it.each([
    ['an unknown secret', (): string[] => [worker.id, 'no-such-secret']],
    ['a secret of another client', (): string[] => [worker.id, admin.client.secretId]],
    ['an unknown client', (): string[] => ['nobody', worker.secretId]],
    ['a secret named like a property of Object.prototype', (): string[] => [worker.id, 'constructor']],
  ])('returns 404 for %s', async (_name, ids) => {
    const [id = '', secretId = ''] = ids();
    expect(await admin.endSecret(id, secretId)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});
