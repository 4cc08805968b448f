import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Administrator, basic, makeClient } from '../../support/clients.js';
import { RunningApp } from '../../support/running-app.js';

const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });

let service: RunningApp;
let admin: Administrator;
beforeAll(async () => {
  service = await RunningApp.start();
  admin = await Administrator.of(service);
});
afterAll(() => service.stop());

describe('POST /admin/clients', () => {
  it('registers a client with only a client_id; the defaults allow no audience, scope or claim', async () => {
    const { status, body, headers } = await admin.create({ client_id: 'least' });
    expect({ status, body }).toEqual({
      status: 201,
      body: {
        client_id: 'least',
        name: 'least',
        audiences: [],
        default_audience: null,
        scopes: [],
        claims: [],
        grant_types: ['client_credentials'],
        token_lifetime_seconds: null,
        may_act_for: [],
        jwks: null,
        federated_credentials: [],
        workload_grant: false,
        jwt_bearer: null,
        token_endpoint_auth_methods: null,
        disabled: false,
        secrets: [
          {
            secret_id: expect.stringMatching(/^[\w-]+$/),
            created_at: '2026-01-01T00:00:00.000Z',
            expires_at: null,
          },
        ],
        created_at: '2026-01-01T00:00:00.000Z',
        updated_at: '2026-01-01T00:00:00.000Z',
        client_secret: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      },
    });
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('accepts every field and returns it unchanged', async () => {
    const members = {
      client_id: 'all.of_it~-1',
      name: 'Größe 漢字',
      audiences: ['logging-service', 'https://api.example.com/', 'billing'],
      default_audience: 'billing',
      scopes: ['logs:read', 'logs:write'],
      claims: ['tenant', 'toString'],
      grant_types: ['client_credentials'],
      token_lifetime_seconds: 300,
      may_act_for: ['user-*', 'service-1'],
      jwks: { keys: [{ ...jwk, kid: 'key-1', use: 'sig', alg: 'ES256' }] },
      disabled: true,
    };
    const { status, body } = await admin.create(members);
    expect(status).toBe(201);
    expect(body).toMatchObject(members);
    const { client_secret: _secret, ...shown } = body;
    expect((await admin.show('all.of_it~-1')).body).toEqual(shown);
  });

  it('returns the secret only once, and never its hash', async () => {
    const { body } = await admin.create({ client_id: 'once' });
    const secret = String(body['client_secret']);
    for (const { text } of [
      await admin.show('once'),
      await admin.list(),
      await admin.update('once', { name: 'Once' }),
    ]) {
      expect(text).toContain('once');
      expect(text).not.toContain(secret);
      expect(text).not.toMatch(/hash|client_secret/);
    }
  });

  it('generates a different secret each time, which is valid immediately', async () => {
    const first = await admin.create({ client_id: 'worker-1', audiences: ['a'] });
    const second = await admin.create({ client_id: 'worker-2' });
    expect(first.body['client_secret']).not.toBe(second.body['client_secret']);
    const authorization = basic('worker-1', String(first.body['client_secret']));
    expect((await service.post('/token', { sub: 'worker-1', aud: 'a' }, { authorization })).status).toBe(200);
  });

  it.each([
    ['null', null],
    ['an empty object', {}],
    ['an array', []],
    ['a string', 'careergpt'],
  ])('rejects a body that is %s', async (_name, body) => {
    expect(await admin.request('POST', '', body)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
  });

  it('rejects a missing body', async () => {
    expect(await admin.request('POST', '')).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  it.each([{}, { client_id: null }])(
    'generates a UUID if the client_id is missing or null: %j',
    async (id) => {
      const { status, body } = await admin.create({ ...id, audiences: ['a'] });
      expect({ status, name: body['name'] }).toEqual({ status: 201, name: body['client_id'] });
      expect(body['client_id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      const authorization = basic(String(body['client_id']), String(body['client_secret']));
      const request = { sub: body['client_id'], aud: 'a' };
      expect((await service.post('/token', request, { authorization })).status).toBe(200);
    },
  );

  it('returns 409 for the ID of a disabled client, which stays unchanged', async () => {
    await makeClient(service, 'taken', { name: 'The first', disabled: true });
    const { status, body } = await admin.create({ client_id: 'taken', name: 'The second' });
    expect({ status, code: body['code'] }).toEqual({ status: 409, code: 'conflict' });
    expect((await admin.show('taken')).body['name']).toBe('The first');
  });

  it('registers two clients whose IDs differ only in case', async () => {
    expect((await admin.create({ client_id: 'Case' })).status).toBe(201);
    expect((await admin.create({ client_id: 'case' })).status).toBe(201);
  });

  it('registers only one of five clients that are created with the same ID at once', async () => {
    const responses = await Promise.all(
      Array.from({ length: 5 }, () => admin.create({ client_id: 'raced' })),
    );
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  });

  it.each(['a', 'x'.repeat(128), '...', '.a', 'a-', '~', '_', '0', 'constructor', '__proto__', 'toString'])(
    'accepts the ID %j',
    async (id) => {
      const { status, body } = await admin.create({ client_id: id });
      expect({ status, id: body['client_id'] }).toEqual({ status: 201, id });
    },
  );

  it.each([
    '',
    ' ',
    'x'.repeat(129),
    'a b',
    'a/b',
    'a:b',
    'a%20b',
    'ä',
    'a\n',
    'a\u0000',
    7,
    true,
    ['a'],
    {},
  ])('rejects the ID %j', async (id) => {
    const { status, body } = await admin.create({ client_id: id });
    expect({ status, body }).toEqual({
      status: 400,
      body: { error: expect.stringContaining('client_id'), code: 'invalid_request' },
    });
  });
});
