import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { makeClientKey, signTexts } from '../../support/client-assertion.js';
import { ADMINISTRATOR, Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { VALID_CLAIMS, handMadeToken, readToken } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { accessToken, introspect, revoke } from '../../support/oauth-requests.js';
import { RunningApp } from '../../support/running-app.js';

const INACTIVE = '{"active":false}';
const LIFETIME = 900;

let service: RunningApp;
let worker: TestClient;
const callers: Record<string, TestClient> = {};
beforeAll(async () => {
  service = await RunningApp.start({ authFailureMax: 0 });
  worker = await makeClient(service, 'worker', {
    audiences: ['logging-service', 'billing'],
    scopes: ['logs:write'],
  });
  Object.assign(callers, {
    'the client it was issued to': worker,
    'the client logging-service': await makeClient(service, 'logging-service'),
    'a client with identity:introspect': await makeClient(service, 'gateway', {
      scopes: ['identity:introspect'],
    }),
    'an administrator': await makeClient(service, 'admin', ADMINISTRATOR),
    'an unrelated client': await makeClient(service, 'stranger', {
      audiences: ['logging-service'],
      scopes: ['logs:write', 'identity:introspect:not', 'identity'],
      may_act_for: ['worker'],
    }),
  });
});
beforeEach(() => service.clock.set(NEW_YEAR));
afterAll(() => service.stop());

const caller = (who: string): TestClient => callers[who] ?? worker;
const textFor = async (who: string, token: string): Promise<string> =>
  (await introspect(service, caller(who), token)).text;
const isActive = async (token: string, who = 'an administrator'): Promise<unknown> =>
  (await introspect(service, caller(who), token)).body['active'];

describe('POST /oauth2/introspect', () => {
  it('returns active, token_type and every claim of a valid token', async () => {
    const token = await accessToken(service, worker, { audience: 'logging-service', scope: 'logs:write' });
    const { status, body, headers } = await introspect(service, worker, token);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        active: true,
        token_type: 'Bearer',
        iss: 'identity-backend',
        sub: 'worker',
        aud: 'logging-service',
        iat: NEW_YEAR,
        exp: NEW_YEAR + LIFETIME,
        jti: readToken(token).claims['jti'],
        client_id: 'worker',
        scope: 'logs:write',
      },
    });
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
  });

  it('omits scope if none was granted, and returns several audiences as an array', async () => {
    const token = await accessToken(service, worker, { audience: 'logging-service billing' });
    const { body } = await introspect(service, worker, token);
    expect(body).toMatchObject({ active: true, aud: ['logging-service', 'billing'] });
    expect(body).not.toHaveProperty('scope');
  });

  it('accepts tokens of POST /token, with and without a client', async () => {
    const headers = { authorization: worker.authorization };
    const own = await service.issue({ sub: 'worker' }, headers);
    expect(await isActive(own, 'the client it was issued to')).toBe(true);
    const anonymous = await service.issue();
    expect(await isActive(anonymous, 'the client logging-service')).toBe(true);
    expect(await isActive(anonymous, 'the client it was issued to')).toBe(false);
  });

  it.each(['access_token', 'refresh_token', 'anything'])('ignores the token_type_hint %s', async (hint) => {
    const token = await accessToken(service, worker, { audience: 'billing' });
    const { authorization } = worker;
    const form = { token, token_type_hint: hint };
    expect((await service.form('/oauth2/introspect', form, { authorization })).body['active']).toBe(true);
  });
});

describe('a caller of POST /oauth2/introspect', () => {
  it.each(['the client it was issued to', 'the client logging-service', 'an administrator'])(
    'sees a token for two audiences as active: %s',
    async (who) => {
      const token = await accessToken(service, worker, { audience: 'billing logging-service' });
      expect(await isActive(token, who)).toBe(true);
    },
  );

  it('sees every token as active if it has the scope identity:introspect', async () => {
    const token = await accessToken(service, worker, { audience: 'billing' });
    expect(await isActive(token, 'a client with identity:introspect')).toBe(true);
    expect(await isActive(handMadeToken(), 'a client with identity:introspect')).toBe(true);
    const admins = await accessToken(service, caller('an administrator'), { scope: 'identity:admin' });
    expect(await isActive(admins, 'a client with identity:introspect')).toBe(true);
  });

  it.each<[string, string, string]>([
    ['billing', 'the client logging-service', 'the token is for another audience'],
    ['billing', 'an unrelated client', 'it is neither owner nor audience'],
    ['logging-service', 'an unrelated client', 'it may only request the same audience'],
  ])('gets only {"active":false} for a token for %s: %s, as %s', async (audience, who) => {
    expect(await textFor(who, await accessToken(service, worker, { audience }))).toBe(INACTIVE);
  });

  it.each(['identity:introspect', 'identity:admin'])(
    'gets only {"active":false} once it has lost the scope %s',
    async (scope) => {
      const administrator = await Administrator.of(service, `admin-of-${scope.replace(':', '-')}`);
      const reader = await makeClient(service, `reader-${scope.replace(':', '-')}`, { scopes: [scope, 'a'] });
      const token = await accessToken(service, worker, { audience: 'billing' });
      expect((await introspect(service, reader, token)).body['active']).toBe(true);
      await administrator.update(reader.id, { scopes: ['a'] });
      expect((await introspect(service, reader, token)).text).toBe(INACTIVE);
    },
  );

  it('gets only {"active":false} for a token that names it in sub and azp only', async () => {
    const token = handMadeToken({ claims: { sub: 'stranger', azp: 'stranger' } });
    expect(await textFor('an unrelated client', token)).toBe(INACTIVE);
  });
});

describe('a token that is not valid', () => {
  const FAULTY: [string, () => string][] = [
    ['not a JWT', () => 'x'],
    ['three meaningless parts', () => 'a.b.c'],
    ['a trailing space', () => `${handMadeToken()} `],
    ['base64 padding', () => `${handMadeToken()}=`],
    ['expired', () => handMadeToken({ claims: { exp: NEW_YEAR } })],
    ['not yet valid', () => handMadeToken({ claims: { nbf: NEW_YEAR + 1 } })],
    ['issued in the future', () => handMadeToken({ claims: { iat: NEW_YEAR + 1 } })],
    ['without exp', () => handMadeToken({ claims: { exp: undefined } })],
    ['of another issuer', () => handMadeToken({ claims: { iss: 'elsewhere' } })],
    ['without an issuer', () => handMadeToken({ claims: { iss: undefined } })],
    ['without an audience', () => handMadeToken({ claims: { aud: undefined } })],
    ['for an empty list of audiences', () => handMadeToken({ claims: { aud: [] } })],
    [
      'signed with another secret',
      () => handMadeToken({ secret: 'another secret, as long as it has to be' }),
    ],
    ['signed with an algorithm that is not configured', () => handMadeToken({ algorithm: 'HS512' })],
    ['unsigned, with alg none', () => `${handMadeToken({ header: { alg: 'none' } }).replace(/[^.]*$/, '')}`],
    [
      'signed with the key in its own jwk header',
      () => {
        const key = makeClientKey('ES256');
        const header = JSON.stringify({ alg: 'ES256', jwk: key.jwk });
        return signTexts(key, header, JSON.stringify(VALID_CLAIMS));
      },
    ],
    [
      'for the service itself, signed with the shared secret',
      () => handMadeToken({ claims: { aud: 'identity-backend' } }),
    ],
    ['with crit', () => handMadeToken({ header: { crit: ['exp'] } })],
    ['of an unregistered client', () => handMadeToken({ claims: { client_id: 'nobody' } })],
    ['with a client_id that is not a string', () => handMadeToken({ claims: { client_id: ['worker'] } })],
    ['older than its client', () => handMadeToken({ claims: { client_id: 'worker', iat: NEW_YEAR - 1 } })],
    ['for audiences that no client can request', () => handMadeToken({ claims: { aud: ['', ' ', '\n'] } })],
  ];

  it.each(FAULTY)('is inactive, with no other field in the response: %s', async (_name, token) => {
    const { status, text, headers } = await introspect(service, caller('an administrator'), token());
    expect({ status, text }).toEqual({ status: 200, text: INACTIVE });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
  });

  it('is inactive from the second it expires', async () => {
    const token = await accessToken(service, worker, { audience: 'billing' });
    service.clock.set(NEW_YEAR + LIFETIME - 0.001);
    expect(await isActive(token)).toBe(true);
    service.clock.set(NEW_YEAR + LIFETIME);
    expect(await textFor('the client it was issued to', token)).toBe(INACTIVE);
  });

  it('is inactive as soon as it is revoked, and token_revoked at POST /verify', async () => {
    const token = await accessToken(service, worker, { audience: 'billing' });
    expect((await revoke(service, worker, token)).status).toBe(200);
    expect(await textFor('the client it was issued to', token)).toBe(INACTIVE);
    expect(await service.verify(token, 'billing')).toMatchObject({
      status: 401,
      body: { valid: false, error: 'Token revoked', code: 'token_revoked', hint: expect.any(String) },
    });
  });

  it('is inactive while its client is disabled, and after the client is deleted', async () => {
    const admin = await Administrator.of(service, 'second-admin');
    const client = await makeClient(service, 'leaving', { audiences: ['billing'] });
    const token = await accessToken(service, client);
    await admin.update('leaving', { disabled: true });
    expect(await isActive(token)).toBe(false);
    await admin.update('leaving', { disabled: false });
    expect(await isActive(token)).toBe(true);
    await admin.remove('leaving');
    expect(await isActive(token)).toBe(false);
  });
});

describe('a token that another service made with the shared secret', () => {
  it('cannot set active, token_type or username of the response', async () => {
    const claims = { active: false, token_type: 'N_A', username: 'root', tenant: 'acme' };
    const { body } = await introspect(service, caller('an administrator'), handMadeToken({ claims }));
    expect(body).toEqual({ ...VALID_CLAIMS, active: true, token_type: 'Bearer', tenant: 'acme' });
  });

  it('does not become active by a claim', async () => {
    const claims = { active: true, exp: NEW_YEAR };
    expect(await textFor('an administrator', handMadeToken({ claims }))).toBe(INACTIVE);
  });

  it('is returned with custom claims of any name and type', async () => {
    const claims = { constructor: 'a', toString: [1, { deep: null }], nbf: NEW_YEAR - 0.5 };
    const { body } = await introspect(service, caller('an administrator'), handMadeToken({ claims }));
    expect(body).toEqual({ ...VALID_CLAIMS, ...claims, active: true, token_type: 'Bearer' });
  });

  it('is active without jti, iat and sub, with the longest lifetime', async () => {
    const claims = { jti: undefined, iat: undefined, sub: undefined, exp: NEW_YEAR + LIFETIME };
    expect(await isActive(handMadeToken({ claims }))).toBe(true);
  });
});

describe('introspection and POST /verify', () => {
  const LIVES = [1, LIFETIME, LIFETIME + 1, 3_600, 86_400, 86_460, 86_461, 1e9, 1e300];
  it.each<[string, Record<string, unknown>]>([
    ...LIVES.map((lifetime): [string, Record<string, unknown>] => [
      `that expires in ${lifetime} s`,
      { exp: NEW_YEAR + lifetime },
    ]),
    ['that has expired', { exp: NEW_YEAR }],
    ['that is not yet valid', { nbf: NEW_YEAR + 1 }],
    ['without iat', { iat: undefined }],
    ['that is older than any lifetime', { iat: 1 }],
    ['without jti', { jti: undefined }],
    ['of a client', { client_id: 'worker' }],
    ['of an unregistered client', { client_id: 'nobody' }],
    ['of another issuer', { iss: 'elsewhere' }],
    ['for several audiences', { aud: ['billing', 'logging-service'] }],
    ['for one audience among names that no client can request', { aud: ['', 'logging-service', '\n'] }],
  ])('agree about a token %s', async (_name, claims) => {
    const token = handMadeToken({ claims });
    const { body } = await service.verify(token);
    for (const who of ['an administrator', 'the client logging-service'])
      expect([who, await isActive(token, who)]).toEqual([who, body['valid']]);
  });
});
