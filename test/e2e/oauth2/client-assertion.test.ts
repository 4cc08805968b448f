import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AssertionAlgorithm,
  assertionParameters,
  type ClientKey,
  makeAssertion,
  makeClientKey,
} from '../../support/client-assertion.js';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { refusalOf, refused } from '../../support/oauth-requests.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

const ALGORITHMS: readonly AssertionAlgorithm[] = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];

let service: RunningApp;
const keys = new Map<AssertionAlgorithm, ClientKey>();
beforeAll(async () => {
  service = await RunningApp.start({ authFailureMax: 0 });
  for (const algorithm of ALGORITHMS) {
    const key = makeClientKey(algorithm);
    keys.set(algorithm, key);
    await client(algorithm, [key.jwk]);
  }
});
beforeEach(() => service.clock.set(NEW_YEAR));
afterAll(() => service.stop());

const client = (id: string, jwks: readonly object[]): Promise<TestClient> =>
  makeClient(service, id, { audiences: ['logging-service'], jwks: { keys: jwks } });
const keyOf = (algorithm: AssertionAlgorithm): ClientKey => keys.get(algorithm) ?? makeClientKey(algorithm);
const show = (assertion: string): Promise<ServiceResponse> =>
  service.form('/oauth2/token', {
    grant_type: 'client_credentials',
    ...assertionParameters(assertion),
  });
/** An assertion of the client `ES256`, signed with its key, with these changes. */
const es256 = (
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string => makeAssertion(keyOf('ES256'), 'ES256', { claims, header });

describe('an assertion is accepted', () => {
  it.each(ALGORITHMS)('signed with %s and without a kid, as Authlib sends it', async (algorithm) => {
    expect((await show(makeAssertion(keyOf(algorithm), algorithm))).status).toBe(200);
  });

  it.each<[AssertionAlgorithm, string]>([
    ['EdDSA', 'Ed25519'],
    ['Ed25519', 'EdDSA'],
  ])('signed with an Ed25519 key under the other of its two names: %s as %s', async (algorithm, alg) => {
    const other = makeAssertion(keyOf(algorithm), algorithm, { header: { alg } });
    expect((await show(other)).status).toBe(200);
    const key = makeClientKey('EdDSA', { alg });
    await client(`registered-as-${alg}`, [key.jwk]);
    expect((await show(makeAssertion(key, `registered-as-${alg}`))).status).toBe(200);
  });

  it.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>([
    ['with one audience in a list', { aud: ['identity-backend'] }, {}],
    ['without iat and nbf', { iat: undefined }, {}],
    ['with iat and nbf 30 seconds ahead', { iat: NEW_YEAR + 30, nbf: NEW_YEAR + 30 }, {}],
    ['with an iat a day ago', { iat: NEW_YEAR - 86_400 }, {}],
    ['with exp 61 minutes ahead', { exp: NEW_YEAR + 61 * 60 }, {}],
    ['with exp a second ahead', { exp: NEW_YEAR + 1 }, {}],
    ['with fractional times', { iat: NEW_YEAR - 0.5, exp: NEW_YEAR + 60.5 }, {}],
    ['with a jti of any characters', { jti: 'é"\u2028 🪪'.repeat(50) }, {}],
    ['with custom claims', { scope: 'x', client_id: 'stranger', nonce: {} }, {}],
    ['without typ', {}, { typ: undefined }],
    ['with typ in another case, as a media type', {}, { typ: 'Application/jwt' }],
    ['with the typ of draft-ietf-oauth-rfc7523bis', {}, { typ: 'client-authentication+jwt' }],
  ])('%s', async (_name, claims, header) => {
    expect((await show(es256(claims, header))).status).toBe(200);
  });

  it('signed with the key of its kid, or with any key if it has no kid', async () => {
    const made = ['a', 'b'].map((kid) => makeClientKey('ES256', { kid }));
    await client(
      'two-keys',
      made.map(({ jwk }) => jwk),
    );
    for (const key of made) {
      const header = { kid: key.jwk['kid'] };
      expect((await show(makeAssertion(key, 'two-keys', { header }))).status).toBe(200);
      expect((await show(makeAssertion(key, 'two-keys'))).status).toBe(200);
    }
  });

  it('from a client that has no secret left', async () => {
    const key = makeClientKey('ES256');
    const { secretId } = await client('secretless', [key.jwk]);
    const admin = await Administrator.of(service);
    expect((await admin.endSecret('secretless', secretId)).status).toBe(204);
    expect((await show(makeAssertion(key, 'secretless'))).status).toBe(200);
  });
});

describe('an assertion', () => {
  it('is rejected with the kid of another key of the client', async () => {
    const made = ['a', 'b'].map((kid) => makeClientKey('ES256', { kid })) as [ClientKey, ClientKey];
    await client(
      'named-keys',
      made.map(({ jwk }) => jwk),
    );
    const response = await show(makeAssertion(made[0], 'named-keys', { header: { kid: 'b' } }));
    expect(refusalOf(response)).toEqual(refused('invalid_client', 401));
  });

  it('is rejected if its key is registered for another algorithm', async () => {
    const key = makeClientKey('RS256', { alg: 'PS256' });
    await client('ps256-only', [key.jwk]);
    expect((await show(makeAssertion(key, 'ps256-only'))).status).toBe(401);
    expect((await show(makeAssertion({ ...key, algorithm: 'PS256' }, 'ps256-only'))).status).toBe(200);
  });

  it('leaves no part of itself in the log', async () => {
    service.captured.clear();
    const [valid, invalid] = [es256(), es256({ aud: 'elsewhere' })];
    await show(valid);
    await show(invalid);
    expect(service.captured.text).not.toBe('');
    for (const assertion of [valid, invalid])
      for (const part of assertion.split('.')) expect(service.captured.text).not.toContain(part);
  });
});

describe('an assertion, if the issuer is a URL,', () => {
  const issuer = 'https://identity.example.com/base';
  let atUrl: RunningApp;
  const key = makeClientKey('EdDSA');
  beforeAll(async () => {
    atUrl = await RunningApp.start({ issuer, authFailureMax: 0 });
    const members = { audiences: ['logging-service'], jwks: { keys: [key.jwk] } };
    await makeClient(atUrl, 'worker', members);
  });
  afterAll(() => atUrl.stop());

  it.each<[number, string, unknown]>([
    [200, 'the issuer', issuer],
    [200, 'the token endpoint', `${issuer}/oauth2/token`],
    [200, 'the token endpoint in a list', [`${issuer}/oauth2/token`]],
    [401, 'both of them', [issuer, `${issuer}/oauth2/token`]],
    [401, 'another endpoint', `${issuer}/oauth2/introspect`],
    [401, 'the issuer with a trailing slash', `${issuer}/`],
    [401, 'the issuer in another case', issuer.replace('identity', 'Identity')],
    [401, 'a name in place of a URL', 'identity-backend'],
  ])('gets %i with the audience: %s', async (status, _name, aud) => {
    for (const path of ['/oauth2/token', '/oauth2/introspect', '/oauth2/revoke']) {
      const parameters = assertionParameters(makeAssertion(key, 'worker', { claims: { aud } }));
      const form = { grant_type: 'client_credentials', token: 'x', ...parameters };
      expect((await atUrl.form(path, form)).status).toBe(status);
    }
  });
});
