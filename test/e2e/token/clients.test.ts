import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { readToken } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

/** The hint for an authenticated client; see hints.test.ts. */
const hint: unknown = expect.stringMatching(/^This client may request: /);

const REFUSALS = {
  invalid_target: { status: 403, body: { error: 'Audience not allowed', code: 'invalid_target', hint } },
  access_denied: { status: 403, body: { error: 'Subject not allowed', code: 'access_denied', hint } },
  invalid_scope: { status: 403, body: { error: 'Scope not allowed', code: 'invalid_scope', hint } },
} as const;

const WORKER = {
  audiences: ['logging-service', 'billing', 'identity-backend'],
  scopes: ['logs:read', 'logs:write', 'identity:introspect'],
  claims: ['tenant', 'toString'],
  may_act_for: ['user-*', 'batch-1', 'other-client', 'Worker'],
};

describe.each(['required', 'none'] as const)(
  'a client at POST /token with TOKEN_ENDPOINT_AUTH=%s',
  (tokenEndpointAuth) => {
    let service: RunningApp;
    let admin: Administrator;
    let worker: TestClient;
    beforeAll(async () => {
      service = await RunningApp.start({ tokenEndpointAuth });
      admin = await Administrator.of(service);
      worker = await makeClient(service, 'worker', WORKER);
      for (const id of ['other-client', 'user-bot', 'stranger']) await makeClient(service, id);
    });
    beforeEach(() => service.clock.set(NEW_YEAR));
    afterAll(() => service.stop());

    const ask = (members: Readonly<Record<string, unknown>> = {}): Promise<ServiceResponse> =>
      service.post(
        '/token',
        { sub: 'worker', aud: 'logging-service', ...members },
        { authorization: worker.authorization },
      );
    const outcome = async (members: Readonly<Record<string, unknown>>): Promise<object> => {
      const { status, body } = await ask(members);
      return status === 200 ? { status } : { status, body };
    };

    it('gets a token about itself, with its client_id', async () => {
      const { status, body, headers } = await ask();
      expect({ status, body }).toEqual({
        status: 200,
        body: { token: expect.any(String), token_type: 'Bearer', expires_in: 900 },
      });
      expect(headers.get('cache-control')).toBe('no-store');
      expect(readToken(String(body['token']))).toEqual({
        header: { alg: 'HS256', typ: 'JWT', kid: expect.any(String) },
        claims: {
          iss: 'identity-backend',
          sub: 'worker',
          aud: 'logging-service',
          iat: NEW_YEAR,
          exp: NEW_YEAR + 900,
          jti: expect.any(String),
          client_id: 'worker',
        },
      });
      expect((await service.verify(String(body['token']))).status).toBe(200);
    });

    it('gets a token about a user in its may_act_for: sub is the user, act the client', async () => {
      const aud = ['logging-service', 'billing'];
      const { body } = await ask({ sub: 'user-42', aud, scope: 'logs:write', claims: { tenant: 'acme' } });
      const { claims } = readToken(String(body['token']));
      expect(claims).toMatchObject({
        sub: 'user-42',
        aud,
        scope: 'logs:write',
        tenant: 'acme',
        client_id: 'worker',
        act: { sub: 'worker' },
      });
      const verdict = await service.verify(String(body['token']), 'billing');
      expect(verdict).toMatchObject({ status: 200, body: { valid: true, claims } });
    });

    it.each<[unknown]>([['logging-service'], ['billing'], [['billing']], [['billing', 'logging-service']]])(
      'gets a token for the audience %j',
      async (aud) => {
        const { body } = await ask({ aud });
        expect(readToken(String(body['token'])).claims['aud']).toEqual(aud);
      },
    );

    it.each<[unknown]>([
      ['other-service'],
      ['Logging-Service'],
      ['logging-service '],
      ['logging-service billing'],
      ['https://logging-service'],
      ['worker'],
      ['*'],
      [['other-service']],
      [['logging-service', 'other-service']],
      ['identity-backend'],
      ['urn:identity-backend:revocations'],
      [['identity-backend']],
      [['logging-service', 'identity-backend']],
    ])('gets invalid_target for the audience %j', async (aud) => {
      expect(await outcome({ aud })).toEqual(REFUSALS.invalid_target);
    });

    it.each(['logs:read', 'logs:write logs:read', 'logs:read logs:read', 'identity:introspect', '', null])(
      'gets the scope %j',
      async (scope) => {
        const { body } = await ask({ scope });
        const { claims } = readToken(String(body['token']));
        expect(claims['scope']).toBe(scope === '' || scope === null ? undefined : scope);
      },
    );

    it.each(['logs', 'logs:*', 'LOGS:READ', 'logs:read logs:delete', 'identity:admin', 'constructor'])(
      'gets invalid_scope for the scope %j',
      async (scope) => {
        expect(await outcome({ scope })).toEqual(REFUSALS.invalid_scope);
      },
    );

    it.each(['worker', 'user-', 'user-42', 'user-*', 'user-42/a b', 'batch-1', 'other-client', 'Worker'])(
      'may act for %j',
      async (sub) => {
        const { body } = await ask({ sub });
        const { claims } = readToken(String(body['token']));
        expect([claims['sub'], claims['act']]).toEqual([
          sub,
          sub === 'worker' ? undefined : { sub: 'worker' },
        ]);
      },
    );

    it.each([
      ['a user without an allowed prefix', 'customer-1'],
      ['a subject shorter than the prefix', 'user'],
      ['a prefix in another case', 'User-42'],
      ['a subject longer than the allowed one', 'batch-10'],
      ['another client', 'stranger'],
      ['another client with an allowed prefix', 'user-bot'],
      ['an administrator', 'admin'],
      ['every subject', '*'],
      ['its own ID with a leading space', ' worker'],
    ])('may not act for %s', async (_name, sub) => {
      expect(await outcome({ sub })).toEqual(REFUSALS.access_denied);
    });

    it('may act for the ID of a client with an allowed prefix once the client is deleted', async () => {
      await makeClient(service, 'user-gone');
      expect(await outcome({ sub: 'user-gone' })).toEqual(REFUSALS.access_denied);
      await admin.remove('user-gone');
      expect(await outcome({ sub: 'user-gone' })).toEqual({ status: 200 });
    });

    it.each<[Record<string, unknown>]>([
      [{ tenant: 'acme' }],
      [{ tenant: { id: [1] }, toString: 'x' }],
      [{}],
    ])('may set the claims %j', async (claims) => {
      const { body } = await ask({ claims });
      expect(readToken(String(body['token'])).claims).toMatchObject(claims);
    });

    it.each<[Record<string, unknown>]>([
      [{ email: 'a@b.example' }],
      [{ tenant: 'acme', role: 'admin' }],
      [{ Tenant: 'acme' }],
      [{ constructor: 1 }],
      [{ client_id: 'admin' }],
      [{ act: { sub: 'admin' } }],
    ])('may not set the claims %j, and gets a hint', async (claims) => {
      expect(await outcome({ claims })).toEqual({
        status: 400,
        body: { error: expect.stringContaining('claims'), code: 'invalid_request', hint },
      });
    });

    it.each([1, 60, 900])('gets a token with a lifetime of %s seconds', async (expires_in) => {
      const { body } = await ask({ expires_in });
      const { claims } = readToken(String(body['token']));
      expect([body['expires_in'], claims['exp']]).toEqual([expires_in, NEW_YEAR + expires_in]);
    });

    it('gets its token_lifetime_seconds as the default and the maximum', async () => {
      const { authorization } = await makeClient(service, `brief-${tokenEndpointAuth}`, {
        ...WORKER,
        token_lifetime_seconds: 30,
      });
      const brief = (members: object): Promise<ServiceResponse> =>
        service.post('/token', { sub: 'user-1', aud: 'billing', ...members }, { authorization });
      const { body } = await brief({});
      const { exp, iat } = readToken(String(body['token'])).claims;
      expect([body['expires_in'], Number(exp) - Number(iat)]).toEqual([30, 30]);
      expect((await brief({ expires_in: 30 })).status).toBe(200);
      expect(await brief({ expires_in: 31 })).toMatchObject({
        status: 400,
        body: { error: expect.stringContaining('expires_in'), code: 'invalid_request' },
      });
    });

    it('gets 400 for a lifetime above the configured one', async () => {
      expect(await outcome({ expires_in: 901 })).toMatchObject({
        status: 400,
        body: { error: expect.stringContaining('expires_in'), code: 'invalid_request' },
      });
    });

    it('gets the error of the audience first, then that of the subject, then that of the scope', async () => {
      const wrong = { aud: 'x', sub: 'x', scope: 'x', claims: { x: 1 } };
      expect(await outcome(wrong)).toEqual(REFUSALS.invalid_target);
      expect(await outcome({ ...wrong, aud: undefined })).toMatchObject({ status: 400 });
      expect(await outcome({ ...wrong, aud: 'billing' })).toEqual(REFUSALS.access_denied);
      expect(await outcome({ ...wrong, aud: 'billing', sub: 'worker' })).toEqual(REFUSALS.invalid_scope);
    });

    it('without audiences gets invalid_target', async () => {
      const { authorization } = await makeClient(service, `least-${tokenEndpointAuth}`);
      const sub = `least-${tokenEndpointAuth}`;
      const { status, body } = await service.post('/token', { sub, aud: 'billing' }, { authorization });
      expect({ status, body }).toEqual(REFUSALS.invalid_target);
    });

    it('does not change what anonymous callers get', async () => {
      const { status } = await service.post('/token', { sub: 'worker', aud: 'billing' });
      expect(status).toBe(tokenEndpointAuth === 'none' ? 200 : 401);
      const anonymous = tokenEndpointAuth === 'none' ? await service.issue({ sub: 'worker' }) : undefined;
      if (anonymous) expect(Object.keys(readToken(anonymous).claims)).not.toContain('client_id');
    });
  },
);
