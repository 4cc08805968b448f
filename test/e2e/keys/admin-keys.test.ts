import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Administrator, makeClient } from '../../support/clients.js';
import { readToken } from '../../support/hand-made-token.js';
import { askForKeys, askForRotation, pass, shownKeys } from '../../support/key-administration.js';
import { signingKeyFor } from '../../support/private-keys.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let admin: Administrator;
beforeEach(async () => {
  service = await RunningApp.start({ algorithms: ['EdDSA', 'HS256'] });
  admin = await Administrator.of(service);
});
afterEach(() => service.stop());

const states = async (algorithm = 'EdDSA'): Promise<string[]> =>
  shownKeys(await askForKeys(service, admin), algorithm).map(({ state }) => state);

const MINUTE = 60;

describe('GET /admin/keys', () => {
  it('returns each key with its schedule, and no private key', async () => {
    const response = await askForKeys(service, admin);
    expect(response.status).toBe(200);
    expect(shownKeys(response, 'EdDSA')).toEqual([
      {
        kid: readToken(await service.issue()).header['kid'],
        algorithm: 'EdDSA',
        purpose: 'tokens',
        state: 'signing',
        published_at: '2026-01-01T00:00:00.000Z',
        signs_from: '2025-12-31T23:58:55.000Z',
        signs_until: '2026-03-31T23:58:55.000Z',
        verifies_until: '2026-04-01T00:14:55.000Z',
        revoked_at: null,
      },
      expect.objectContaining({ state: 'published', signs_from: '2026-03-31T23:58:55.000Z' }),
    ]);
    expect(response.text).not.toMatch(/sealed|"d"|PRIVATE/);
  });

  it('marks the keys of the service itself with the purpose administration', async () => {
    const { body } = await askForKeys(service, admin);
    const own = (body['keys'] as Record<string, unknown>[]).filter(
      (key) => key['purpose'] === 'administration',
    );
    expect(own.map(({ algorithm, state }) => [algorithm, state])).toEqual([
      ['ES256', 'signing'],
      ['ES256', 'published'],
    ]);
    expect(own[0]?.['kid']).toBe(readToken(await admin.token()).header['kid']);
  });

  it('returns imported keys without a schedule, of which the first signs', async () => {
    const importedKeys = [signingKeyFor('EdDSA', 'first'), signingKeyFor('EdDSA', 'second')];
    const given = await RunningApp.start({ algorithms: ['EdDSA'], importedKeys });
    const keys = shownKeys(await askForKeys(given, await Administrator.of(given)), 'EdDSA');
    expect(keys).toEqual([
      expect.objectContaining({
        kid: importedKeys[0]?.id,
        state: 'signing',
        signs_from: null,
        verifies_until: null,
      }),
      expect.objectContaining({ kid: importedKeys[1]?.id, state: 'published' }),
    ]);
    await given.stop();
  });
});

describe('POST /admin/keys/rotate', () => {
  it('makes the next key sign within 65 seconds, and keeps the previous one until its tokens expire', async () => {
    await pass(service, 30 * MINUTE);
    const token = await service.issue();
    const { status, body } = await askForRotation(service, admin);
    expect({ status, members: Object.keys(body) }).toEqual({ status: 202, members: ['keys'] });
    expect(await states()).toEqual(['signing', 'published', 'published']);
    await pass(service, 65);
    expect(await states()).toEqual(['retiring', 'signing', 'published']);
    expect((await service.verify(token)).status).toBe(200);
    expect(readToken(await service.issue()).header['kid']).not.toBe(readToken(token).header['kid']);
    await pass(service, 16 * MINUTE);
    expect(await states()).toEqual(['retired', 'signing', 'published']);
  });

  it('changes nothing when repeated', async () => {
    await pass(service, 30 * MINUTE);
    const first = await askForRotation(service, admin, {});
    const second = await askForRotation(service, admin, {});
    expect(second.body).toEqual(first.body);
  });

  it('invalidates earlier tokens at once with revoke, including those of administrators', async () => {
    const [token, before] = [await service.issue(), await admin.token()];
    const { status, body } = await askForRotation(service, admin, { revoke: true });
    expect(status).toBe(202);
    expect(JSON.stringify(body)).toContain('"revoked_at":"2026-01-01T00:00:00.000Z"');
    expect(await states()).toEqual(['retired', 'signing', 'published']);
    expect((await service.verify(token)).body).toMatchObject({ code: 'invalid_signature' });
    const refused = await service.get('/admin/keys', { authorization: `Bearer ${before}` });
    expect(refused.status).toBe(401);
    expect((await service.verify(await service.issue())).status).toBe(200);
  });

  it('replaces only the keys of the algorithm in the request', async () => {
    const before = await admin.token();
    await askForRotation(service, admin, { algorithm: 'EdDSA', revoke: true });
    expect(await states()).toEqual(['retired', 'signing', 'published']);
    expect((await service.get('/admin/keys', { authorization: `Bearer ${before}` })).status).toBe(200);
  });

  it.each<[string, unknown, RegExp]>([
    ['an unknown algorithm', { algorithm: 'ES512' }, /^algorithm must be one of RS256, .*EdDSA$/],
    ['an HMAC algorithm', { algorithm: 'HS256' }, /^algorithm must be one of/],
    ['an algorithm in lower case', { algorithm: 'eddsa' }, /^algorithm must be one of/],
    ['an array of algorithms', { algorithm: ['EdDSA'] }, /^algorithm must be one of/],
    ['an algorithm without keys', { algorithm: 'RS256' }, /^algorithm is not one for which/],
    ['revoke as a string', { revoke: 'true' }, /^revoke must be true or false$/],
    ['revoke as a number', { revoke: 1 }, /^revoke must be true or false$/],
    ['an array as the body', [{ revoke: true }], /^The body must be a JSON object$/],
    ['a string as the body', 'rotate', /^The body must be a JSON object$/],
  ])('rejects %s with 400 and changes nothing', async (_name, body, words) => {
    const before = await askForKeys(service, admin);
    const { status, body: refusal } = await askForRotation(service, admin, body);
    expect(status).toBe(400);
    expect(refusal).toMatchObject({ code: 'invalid_request', error: expect.stringMatching(words) });
    expect((await askForKeys(service, admin)).text).toBe(before.text);
  });

  it('treats null as omitted', async () => {
    expect((await askForRotation(service, admin, { algorithm: null, revoke: null })).status).toBe(202);
    expect(await states()).toEqual(['signing', 'published', 'published']);
  });

  it('is audited with its parameters and the administrator', async () => {
    service.captured.clear();
    await askForRotation(service, admin, { algorithm: 'EdDSA', revoke: true });
    const lines = service.captured.lines.filter(({ event }) => event === 'keys.rotated');
    expect(lines).toEqual([
      expect.objectContaining({ audit: true, algorithm: 'EdDSA', revoke: true, by: 'admin' }),
    ]);
  });
});

describe('the routes under /admin/keys', () => {
  it.each([
    ['GET', '/admin/keys'],
    ['POST', '/admin/keys/rotate'],
  ])('%s %s requires a bearer token of an administrator', async (method, path) => {
    const client = await makeClient(service, 'worker', {
      audiences: ['identity-backend'],
      scopes: ['identity:introspect'],
    });
    const { authorization } = client;
    const form = { grant_type: 'client_credentials', scope: 'identity:introspect' };
    const { body } = await service.form('/oauth2/token', form, { authorization });
    const forged = await service.issue({ aud: 'identity' });
    const outcomes = [];
    for (const token of [undefined, forged, body['access_token']]) {
      const headers: Record<string, string> =
        token === undefined ? {} : { authorization: `Bearer ${token as string}` };
      const { status, headers: given } = await service.request(path, { method, headers });
      outcomes.push([status, /error="([a-z_]+)"/.exec(given.get('www-authenticate') ?? '')?.[1]]);
    }
    expect(outcomes).toEqual([
      [401, undefined],
      [401, 'invalid_token'],
      [403, 'insufficient_scope'],
    ]);
  });
});
