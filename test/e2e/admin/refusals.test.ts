import { createPrivateKey, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { ManagedKeys } from '../../../src/keys/managed-keys.js';
import { Administrator, basic, makeClient, ADMINISTRATOR_CLAIMS } from '../../support/clients.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { exchange } from '../../support/raw-exchange.js';
import { RunningApp } from '../../support/running-app.js';
import { SECRET } from '../../support/settings.js';

/** A complete rejection: its status, its challenge and its exact body. */
interface Refusal {
  readonly status: number;
  readonly challenge: string | null;
  readonly body: string;
}

const MISSING: Refusal = {
  status: 401,
  challenge: 'Bearer realm="identity-backend"',
  body: '{"error":"Send a bearer token","code":"missing_token"}',
};
const INVALID: Refusal = {
  status: 401,
  challenge: 'Bearer realm="identity-backend", error="invalid_token"',
  body: '{"error":"The token is not valid here","code":"invalid_token"}',
};
const INSUFFICIENT: Refusal = {
  status: 403,
  challenge: 'Bearer realm="identity-backend", error="insufficient_scope", scope="identity:admin"',
  body: '{"error":"The scope identity:admin is needed","code":"insufficient_scope"}',
};

let service: RunningApp;
let key: KeyObject;
let keyId: string;
let valid: string;
let revoked: string;
let ofDisabled: string;
let ofDeleted: string;
let ofReduced: string;
let elsewhere: string;
beforeAll(async () => {
  service = await RunningApp.start();
  const admin = await Administrator.of(service);
  const { privateKey, id } = service.app.get(ManagedKeys).signing('administration') as unknown as {
    privateKey: KeyObject;
    id: string;
  };
  key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  keyId = id;
  valid = await admin.token();
  revoked = await admin.token();
  const { authorization } = admin.client;
  await service.form('/oauth2/revoke', { token: revoked }, { authorization });
  const others = await Promise.all(
    ['disabled', 'deleted', 'reduced'].map((name) => Administrator.of(service, name)),
  );
  [ofDisabled = '', ofDeleted = '', ofReduced = ''] = await Promise.all(others.map((other) => other.token()));
  await admin.update('disabled', { disabled: true });
  await admin.remove('deleted');
  await admin.update('reduced', { scopes: ['logs:read'] });
  const reader = await makeClient(service, 'reader', {
    audiences: ['logging-service'],
    scopes: ['identity:admin'],
  });
  const parameters = { grant_type: 'client_credentials', scope: 'identity:admin' };
  const { body } = await service.form('/oauth2/token', parameters, { authorization: reader.authorization });
  elsewhere = String(body['access_token']);
});
afterAll(() => service.stop());

const sign = (claims: object, header: object = {}): Promise<string> =>
  new SignJWT({ ...ADMINISTRATOR_CLAIMS, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: keyId, ...header })
    .sign(key);

const bearer = (token: string): string => `Bearer ${token}`;

/** Rejected Authorization headers, each with the response to it. */
const TABLE: readonly (readonly [
  name: string,
  refusal: Refusal,
  header: () => string | undefined | Promise<string>,
])[] = [
  ['no Authorization header', MISSING, () => undefined],
  ['an empty Authorization header', MISSING, () => ''],
  ['a wrong scheme', MISSING, () => basic('admin', 'x')],
  ['a token without a scheme', MISSING, () => valid],
  ['a scheme that begins with Bearer', MISSING, () => `Bearer,${valid}`],
  ['the scheme alone', INVALID, () => 'Bearer'],
  ['two tokens', INVALID, () => `Bearer ${valid} ${valid}`],
  ['a token and a tab', INVALID, () => `Bearer ${valid}\t${valid}`],
  ['a tab before the token', INVALID, () => `Bearer \t${valid}`],
  ['a malformed token', INVALID, () => 'Bearer a.b.c'],
  ['a quoted token', INVALID, () => `Bearer "${valid}"`],
  ['a token of 20,000 characters', INVALID, () => bearer('a'.repeat(10_000) + '.b.c')],
  ['a wrong audience', INVALID, () => bearer(elsewhere)],
  [
    'a wrong audience, signed by the key of the service',
    INVALID,
    async () => bearer(await sign({ aud: 'x' })),
  ],
  ['two audiences', INVALID, async () => bearer(await sign({ aud: ['identity-backend', 'x'] }))],
  ['a wrong issuer', INVALID, async () => bearer(await sign({ iss: 'x' }))],
  ['an expired token', INVALID, async () => bearer(await sign({ iat: NEW_YEAR - 900, exp: NEW_YEAR }))],
  ['a token from the future', INVALID, async () => bearer(await sign({ iat: NEW_YEAR + 60 }))],
  ['a revoked token', INVALID, () => bearer(revoked)],
  ['the typ JWT', INVALID, async () => bearer(await sign({}, { typ: 'JWT' }))],
  [
    'an expired token without the scope',
    INVALID,
    async () => bearer(await sign({ exp: NEW_YEAR, scope: 'x' })),
  ],
  [
    'a token signed with the shared secret',
    INVALID,
    async () =>
      bearer(
        await new SignJWT(ADMINISTRATOR_CLAIMS)
          .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
          .sign(new TextEncoder().encode(SECRET)),
      ),
  ],
  ['the token of a disabled client', INVALID, () => bearer(ofDisabled)],
  ['the token of a deleted client', INVALID, () => bearer(ofDeleted)],
  ['a wrong scope', INSUFFICIENT, async () => bearer(await sign({ scope: 'identity:admins' }))],
  ['no scope', INSUFFICIENT, async () => bearer(await sign({ scope: undefined }))],
  ['the token of a client that lost the scope', INSUFFICIENT, () => bearer(ofReduced)],
];

describe.each(TABLE)('/admin with %s', (_name, refusal, header) => {
  it.each([
    ['GET', '/admin/clients', undefined],
    ['POST', '/admin/clients', '{'],
    ['PATCH', '/admin/clients/no-such-client', '[]'],
    ['POST', '/admin/keys/rotate', 'x'.repeat(100_000)],
    ['POST', '/admin/issuers', '{'],
    ['POST', '/admin/issuers/test', '{"token":"a.b.c"}'],
    ['DELETE', '/admin/issuers/no-such-issuer', undefined],
  ])('rejects %s %s before it reads the body', async (method, path, body) => {
    const authorization = await header();
    const response = await service.request(path, {
      method,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && { 'content-type': 'text/plain' }),
      },
      ...(body !== undefined && { body }),
    });
    const { status, headers, text } = response;
    expect({ status, challenge: headers.get('www-authenticate'), body: text }).toEqual(refusal);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

it('/admin rejects two Authorization headers with 400 and without a challenge', async () => {
  const { responses } = await exchange(
    service.origin,
    `GET /admin/clients HTTP/1.1\r\nHost: a\r\nAuthorization: ${bearer(valid)}\r\nAuthorization: ${bearer(valid)}\r\n\r\n`,
  );
  expect(responses).toMatchObject([
    { status: 400, text: '{"error":"Send one Authorization header","code":"invalid_request"}' },
  ]);
  expect(JSON.stringify(responses)).not.toMatch(/www-authenticate/i);
});

it('/admin accepts the valid token', async () => {
  expect((await service.get('/admin/clients', { authorization: bearer(valid) })).status).toBe(200);
});
