import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/clients/client.js';
import { ChangeRefused } from '../../../src/clients/change-refused.js';
import { ClientDescription } from '../../../src/admin/client-description.js';
import { toClientDto } from '../../../src/admin/dto/client-response.dto.js';
import { makeSecret } from '../../../src/clients/client-secret.js';
import { clientOf } from '../../support/client-values.js';
import { NEW_YEAR } from '../../support/moved-clock.js';

const LIFETIME = 900;
const description = new ClientDescription({ lifetimeSeconds: LIFETIME });
const JWK = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });

/** The refusal that an act throws. */
function refusal(act: () => unknown): ChangeRefused {
  try {
    act();
  } catch (error) {
    if (error instanceof ChangeRefused) return error;
    throw error;
  }
  throw new Error('It was accepted');
}

/** A client without the properties that no description sets. */
function describedPart({
  secrets: _secrets,
  createdAt: _made,
  updatedAt: _changed,
  ...described
}: Client): object {
  return described;
}

const read = (fields: Readonly<Record<string, unknown>>) =>
  description.read({ client_id: 'worker', ...fields });

describe('ClientDescription.read', () => {
  it('has a default for every field but client_id', () => {
    expect(description.read({ client_id: 'worker' })).toEqual(describedPart(clientOf()));
  });

  it('reads every field', () => {
    expect(
      description.read({
        client_id: 'a.b_c~d-1',
        name: 'Worker 🪪',
        audiences: ['logging-service', 'https://billing.example'],
        default_audience: 'logging-service',
        scopes: ['logs:read', '!'],
        claims: ['tenant', 'constructor'],
        grant_types: ['client_credentials'],
        token_lifetime_seconds: LIFETIME,
        may_act_for: ['user-*', 'other'],
        jwks: { keys: [JWK] },
        federated_credentials: [{ issuer: 'ci', subject: 'job' }],
        workload_grant: true,
        jwt_bearer: { issuers: ['idp'], impersonate: ['idp:service-*'], limit_to_assertion: false },
        token_endpoint_auth_methods: ['private_key_jwt', 'federated'],
        disabled: true,
      }),
    ).toEqual({
      id: 'a.b_c~d-1',
      name: 'Worker 🪪',
      audiences: ['logging-service', 'https://billing.example'],
      defaultAudience: 'logging-service',
      scopes: ['logs:read', '!'],
      claims: ['tenant', 'constructor'],
      grantTypes: ['client_credentials'],
      tokenLifetimeSeconds: LIFETIME,
      mayActFor: ['user-*', 'other'],
      jwks: { keys: [JWK] },
      federatedCredentials: [{ issuer: 'ci', subject: 'job', claims: {} }],
      workloadGrant: true,
      jwtBearer: { issuers: ['idp'], impersonate: ['idp:service-*'], limitToAssertion: false },
      tokenEndpointAuthMethods: ['private_key_jwt', 'federated'],
      disabled: true,
    });
  });

  it('impersonates no one and limits tokens to their assertions by default', () => {
    expect(read({ jwt_bearer: { issuers: [] } }).jwtBearer).toEqual({
      issuers: [],
      impersonate: [],
      limitToAssertion: true,
    });
  });

  it('allows client_credentials alone unless grant_types names others', () => {
    expect(read({}).grantTypes).toEqual(['client_credentials']);
    expect(read({ grant_types: [] }).grantTypes).toEqual([]);
    const grants = ['urn:ietf:params:oauth:grant-type:jwt-bearer'];
    expect(read({ grant_types: grants }).grantTypes).toEqual(grants);
  });

  const FIELDS =
    'name audiences default_audience scopes claims grant_types token_lifetime_seconds may_act_for jwks ' +
    'federated_credentials workload_grant jwt_bearer token_endpoint_auth_methods disabled';
  it.each<[string, Parameters<typeof read>[0], Parameters<typeof read>[0]]>([
    [
      'jwt_bearer',
      { jwt_bearer: { issuers: ['idp'], impersonate: null, limit_to_assertion: null } },
      { jwt_bearer: { issuers: ['idp'] } },
    ],
    [
      'a federated credential',
      { federated_credentials: [{ issuer: 'ci', subject: 'job', claims: null }] },
      { federated_credentials: [{ issuer: 'ci', subject: 'job' }] },
    ],
  ])('reads null in %s as absent', (_name, fields, expected) => {
    expect(read(fields)).toEqual(read(expected));
  });

  it.each([
    { jwt_bearer: { issuers: null } },
    { federated_credentials: [{ issuer: null, subject: 'job' }] },
    { federated_credentials: [{ issuer: 'ci', subject: null }] },
    // Without the condition, the credential would match more.
    { federated_credentials: [{ issuer: 'ci', subject: 'job', claims: { '/a': null } }] },
  ])('requires what is null in %j', (fields) => {
    expect(refusal(() => read(fields)).code).toBe('invalid_request');
  });

  it.each(FIELDS.split(' '))('reads null as the default of %s', (field) => {
    expect(read({ [field]: null })).toEqual(read({}));
  });

  it.each<[string, readonly unknown[]]>([
    ['client_id', ['', 1, 'a b', 'a/b', 'é', 'x'.repeat(129), ['worker'], 'a\n', 'a*']],
    ['name', ['', ' ', 1, 'a\u0000', 'x'.repeat(256), '\ud800', ['a'], {}]],
    ['audiences', ['a', {}, [''], ['a', 'a'], [1], [null], ['a\n'], ['x'.repeat(256)], [['a']]]],
    ['default_audience', ['', 1, ['a'], 'not-one-of-its-audiences']],
    ['scopes', ['a', ['a b'], [''], ['a"b'], ['a\\b'], ['é'], ['a', 'a'], [1], ['x'.repeat(1025)]]],
    [
      'claims',
      ['a', [''], ['iss'], ['client_id'], ['act'], ['root'], ['txn'], ['__proto__'], ['a', 'a'], [1]],
    ],
    ['grant_types', ['client_credentials', ['password'], ['client_credentials', 'client_credentials'], ['']]],
    ['token_lifetime_seconds', [0, -1, 1.5, '300', LIFETIME + 1, 1e21, NaN, true]],
    ['may_act_for', ['a', ['*'], ['a*b'], ['**'], ['*a'], [''], ['a', 'a'], [1], ['a\n*']]],
    ['jwks', [[], {}, { keys: [] }, { keys: JWK }, { keys: [{}] }, JWK, 'a']],
    ['federated_credentials', ['a', {}, ['ci'], [{}], [{ issuer: 'ci', subject: '*' }]]],
    ['workload_grant', ['true', 1, [], {}]],
    [
      'jwt_bearer',
      [
        'idp',
        ['idp'],
        true,
        {},
        { impersonate: [] },
        { issuers: 'idp' },
        { issuers: [1] },
        { issuers: [''] },
        { issuers: ['idp', 'idp'] },
        { issuers: ['idp'], impersonate: ['*'] },
        { issuers: ['idp'], impersonate: 'a' },
        { issuers: ['idp'], limit_to_assertion: 'no' },
        { issuers: ['idp'], audiences: [] },
      ],
    ],
    [
      'token_endpoint_auth_methods',
      ['federated', {}, ['none'], ['Federated'], ['tls_client_auth'], ['federated', 'federated'], [1]],
    ],
    ['disabled', ['true', 1, 0, [], 'false']],
  ])('rejects %s if it is one of %j, by name', (field, values) => {
    for (const value of values) {
      const { code, message } = refusal(() => read({ [field]: value }));
      expect([value, code]).toEqual([value, 'invalid_request']);
      expect(message).toMatch(new RegExp(`^${field} `));
    }
  });

  it.each(['-', '-a', '--json', '-.', '.', '..'])(
    'rejects %j as the client_id of a new client',
    (client_id) => {
      expect(refusal(() => read({ client_id })).message).toMatch(/^client_id must be 1 to 128 characters/);
    },
  );

  it.each(['...', '.a', 'a.', 'a-', '~', '_', '0', 'a..b'])(
    'accepts %j as the client_id of a new client',
    (client_id) => {
      expect(read({ client_id }).id).toBe(client_id);
    },
  );

  it.each(['audiences', 'scopes', 'claims', 'may_act_for'])('accepts at most 1000 %s', (field) => {
    const list = Array.from({ length: 1_001 }, (_, i) => `n${i}`);
    expect(() => read({ [field]: list.slice(1) })).not.toThrow();
    expect(refusal(() => read({ [field]: list })).message).toMatch(new RegExp(`^${field} `));
  });

  it.each(['scope', 'Audiences', 'client_secret', 'secret', 'grantTypes', 'constructor', 'toString', ''])(
    'rejects the unknown field %j',
    (name) => {
      const { code, message } = refusal(() => read({ [name]: 'x' }));
      expect(code).toBe('invalid_request');
      expect(message).toBe(`Unknown field ${JSON.stringify(name)}`);
    },
  );

  it('rejects a field __proto__, and shortens a long name in its message', () => {
    const body = JSON.parse('{"client_id":"worker","__proto__":{"disabled":true}}') as object;
    expect(refusal(() => description.read(body)).message).toBe('Unknown field "__proto__"');
    expect(refusal(() => read({ ['x'.repeat(9_999)]: 1 })).message.length).toBeLessThan(100);
  });

  it('does not repeat a secret that was sent as a field name', () => {
    const secret = 'Kp3Vt9ZxQ1mLc7Rd5Ws8Yb2Ne6Hg4Ju0TfAo9IiE7Xq';
    expect(refusal(() => read({ [secret]: 1 })).message).toBe('Unknown field "[removed]"');
  });

  it.each([[null], [undefined], [[]], ['worker'], [1], [true]])(
    'rejects %j in place of an object',
    (body) => {
      expect(refusal(() => description.read(body))).toMatchObject({
        code: 'invalid_request',
        message: 'Send a JSON object',
      });
    },
  );
});

const JWT_BEARER_FAULT =
  'jwt_bearer must be an object with issuers, and with impersonate and limit_to_assertion if needed';

describe('ClientDescription.patch', () => {
  const { kept } = makeSecret(NEW_YEAR * 1000, null);
  const client = clientOf({
    name: 'Worker',
    audiences: ['a', 'b'],
    defaultAudience: 'a',
    scopes: ['s'],
    claims: ['c'],
    tokenLifetimeSeconds: 60,
    mayActFor: ['user-*'],
    jwks: { keys: [JWK] },
    federatedCredentials: [{ issuer: 'ci', subject: 'a:b:*', claims: { '/c': 1 } }],
    workloadGrant: true,
    jwtBearer: { issuers: ['idp'], impersonate: ['idp:x'], limitToAssertion: false },
    tokenEndpointAuthMethods: ['client_secret_basic', 'federated'],
    disabled: true,
    secrets: [kept],
  });
  const described = client;
  const patched = (patch: unknown, from = client) => description.patch(from, patch);

  it('changes only the fields in the patch', () => {
    expect(patched({})).toEqual(described);
    expect(patched({ scopes: ['t'], disabled: false })).toEqual({
      ...described,
      scopes: ['t'],
      disabled: false,
    });
  });

  it('accepts a client as it is returned, and ignores its read-only fields', () => {
    expect(patched({ ...toClientDto(client), name: 'New' })).toEqual({ ...described, name: 'New' });
    expect(patched({ secrets: [], created_at: 'long ago', updated_at: null })).toEqual(described);
  });

  it.each<[string, Record<string, unknown>, object]>([
    ['name', { name: null }, { name: 'worker' }],
    ['audiences', { audiences: null, default_audience: null }, { audiences: [], defaultAudience: null }],
    ['default_audience', { default_audience: null }, { defaultAudience: null }],
    ['scopes', { scopes: null }, { scopes: [] }],
    ['claims', { claims: null }, { claims: [] }],
    ['grant_types', { grant_types: null }, { grantTypes: ['client_credentials'] }],
    ['token_lifetime_seconds', { token_lifetime_seconds: null }, { tokenLifetimeSeconds: null }],
    ['may_act_for', { may_act_for: null }, { mayActFor: [] }],
    ['jwks', { jwks: null }, { jwks: null }],
    ['federated_credentials', { federated_credentials: null }, { federatedCredentials: [] }],
    ['workload_grant', { workload_grant: null }, { workloadGrant: false }],
    ['jwt_bearer', { jwt_bearer: null }, { jwtBearer: null }],
    [
      'token_endpoint_auth_methods',
      { token_endpoint_auth_methods: null },
      { tokenEndpointAuthMethods: null },
    ],
    [
      'limit_to_assertion',
      { jwt_bearer: { limit_to_assertion: null } },
      { jwtBearer: { issuers: ['idp'], impersonate: ['idp:x'], limitToAssertion: true } },
    ],
    ['disabled', { disabled: null }, { disabled: false }],
  ])('resets %s to its default for null', (_name, patch, change) => {
    expect(patched(patch)).toEqual({ ...described, ...change });
  });

  it('replaces lists as a whole, including the keys in jwks', () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    expect(patched({ may_act_for: ['x'] }).mayActFor).toEqual(['x']);
    expect(patched({ jwks: { keys: [other] } }).jwks).toEqual({ keys: [other] });
  });

  it('changes the fields of jwt_bearer one by one, and replaces credentials as a whole', () => {
    expect(patched({ jwt_bearer: { issuers: ['ci'] } }).jwtBearer).toEqual({
      issuers: ['ci'],
      impersonate: ['idp:x'],
      limitToAssertion: false,
    });
    expect(patched({ jwt_bearer: { issuers: ['ci'] } }, clientOf()).jwtBearer).toMatchObject({
      issuers: ['ci'],
    });
    const one = { issuer: 'ci', subject: 'job' };
    expect(patched({ federated_credentials: [one] }).federatedCredentials).toEqual([{ ...one, claims: {} }]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['jwt_bearer without issuers', { jwt_bearer: { issuers: null } }, JWT_BEARER_FAULT],
    [
      'a default audience that is no longer one of its audiences',
      { audiences: ['b'] },
      'default_audience must be one of audiences',
    ],
    ['another client_id', { client_id: 'other' }, 'client_id cannot be changed'],
    ['a null client_id', { client_id: null }, 'client_id is missing'],
    ['an unknown field', { scope: 's' }, 'Unknown field "scope"'],
    ['an invalid value', { disabled: 'no' }, 'disabled must be true or false'],
  ])('rejects %s', (_name, patch, message) => {
    expect(refusal(() => patched(patch))).toMatchObject({ code: 'invalid_request', message });
  });

  it('replaces a set of keys as a whole, so that a single key is not one', () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    expect(refusal(() => patched({ jwks: other })).message).toMatch(/^jwks must be a JWK Set/);
    expect(patched({ jwks: { keys: [other], kty: 'OKP', d: 'private' } }).jwks).toEqual({ keys: [other] });
  });

  it('accepts an unchanged client_id', () => {
    expect(patched({ client_id: 'worker' })).toEqual(described);
  });

  it.each([[null], [[]], ['x'], [1]])('rejects %j in place of an object', (patch) => {
    expect(refusal(() => patched(patch)).message).toBe('Send a JSON object');
  });

  const SENT: readonly (readonly [string, unknown])[] = [
    ['name', 'New'],
    ['audiences', ['z']],
    ['scopes', ['t']],
    ['claims', ['d']],
    ['grant_types', []],
    ['token_lifetime_seconds', 5],
    ['may_act_for', ['x']],
    ['jwks', { keys: [JWK] }],
    ['federated_credentials', [{ issuer: 'ci', subject: 'job' }]],
    ['workload_grant', true],
    ['jwt_bearer', { issuers: ['idp'] }],
    ['token_endpoint_auth_methods', []],
    ['disabled', true],
    ['client_id', '-'],
  ];

  it.each(SENT)('validates only %s, not the other stored fields', (field, value) => {
    const stored = clientOf({
      id: '-',
      name: '\u0000',
      audiences: ['', '', 'a\n'],
      defaultAudience: field === 'audiences' ? null : 'not one of them',
      scopes: ['a b'],
      claims: ['iss', 'root'],
      grantTypes: ['password'],
      tokenLifetimeSeconds: LIFETIME + 1,
      mayActFor: ['*'],
      jwks: { keys: [{ kty: 'oct', k: 'x' }] },
      federatedCredentials: [{ issuer: 'gone', subject: '*', claims: {} }],
      secrets: [],
    });
    const changed = patched({ [field]: value }, stored);
    const differing = Object.keys(stored).filter(
      (name) =>
        JSON.stringify(changed[name as keyof Client]) !== JSON.stringify(stored[name as keyof Client]),
    );
    expect(differing.length).toBe(field === 'client_id' ? 0 : 1);
    expect(refusal(() => patched({ [field]: Symbol('wrong') }, stored)).code).toBe('invalid_request');
  });

  it('validates audiences and default_audience together if the patch has either', () => {
    const stored = { ...client, audiences: ['a'], defaultAudience: 'gone' };
    const message = 'default_audience must be one of audiences';
    for (const patch of [{ audiences: ['b'] }, { default_audience: 'b' }, { audiences: null }])
      expect(refusal(() => patched(patch, stored)).message).toBe(message);
    for (const patch of [{ default_audience: 'a' }, { default_audience: null }, { audiences: ['gone'] }])
      expect(() => patched(patch, stored)).not.toThrow();
    expect(patched({ disabled: false }, stored)).toEqual({ ...stored, disabled: false });
  });

  it('keeps the token mark, the times and the secrets of the client', () => {
    const stored = { ...client, tokenMark: '0123456789ab', createdAt: 1, updatedAt: 2 };
    expect(patched({ name: 'New' }, stored)).toEqual({ ...stored, name: 'New' });
  });

  it('rejects a lifetime above the current limit, even the stored one', () => {
    const stored = { ...client, tokenLifetimeSeconds: LIFETIME + 1 };
    expect(refusal(() => patched({ token_lifetime_seconds: LIFETIME + 1 }, stored)).message).toMatch(
      /^token_lifetime_seconds must be at most/,
    );
  });

  it('does not change the client that it is given', () => {
    const before = structuredClone(client);
    patched({ scopes: ['t'], jwks: null });
    expect(client).toEqual(before);
  });
});
