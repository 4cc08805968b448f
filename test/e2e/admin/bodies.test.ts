import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Administrator, makeClient } from '../../support/clients.js';
import { RunningApp } from '../../support/running-app.js';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PUBLIC = ec.publicKey.export({ format: 'jwk' });
const PRIVATE = ec.privateKey.export({ format: 'jwk' });
const publicJwk = (type: string, options: object): JsonWebKey =>
  (
    generateKeyPairSync as (
      type: string,
      options: object,
    ) => { publicKey: { export(format: { format: 'jwk' }): JsonWebKey } }
  )(type, options).publicKey.export({ format: 'jwk' });
const keys = (...all: unknown[]): object => ({ keys: all });
const lines = (count: number): string[] => Array.from({ length: count }, (_, index) => `name-${index}`);

let service: RunningApp;
let admin: Administrator;
beforeAll(async () => {
  service = await RunningApp.start({ lifetimeSeconds: 900 });
  admin = await Administrator.of(service);
  await makeClient(service, 'subject', { audiences: ['a', 'b'], default_audience: 'b' });
});
afterAll(() => service.stop());

let made = 0;

describe('a client in the body of a request', () => {
  it.each<[string, unknown]>([
    ['name', 'x'.repeat(255)],
    ['audiences', []],
    ['audiences', lines(1000)],
    ['audiences', ['x'.repeat(255), 'a b', 'ä']],
    ['scopes', ['!', 'a:b', 'x'.repeat(1024)]],
    ['claims', ['constructor', 'a b', 'email']],
    ['may_act_for', ['user-*', 'user-42', 'a', 'Größe *']],
    ['grant_types', []],
    ['token_lifetime_seconds', 1],
    ['token_lifetime_seconds', 900],
    ['jwks', keys(PUBLIC)],
    ['jwks', keys(publicJwk('rsa', { modulusLength: 2048 }))],
    ['jwks', keys(publicJwk('ed25519', {}), publicJwk('ec', { namedCurve: 'P-384' }))],
    ['federated_credentials', []],
    ['workload_grant', true],
    ['jwt_bearer', null],
    ['jwt_bearer', { issuers: [], impersonate: ['user-*'], limit_to_assertion: false }],
    ['token_endpoint_auth_methods', ['client_secret_post']],
    ['disabled', false],
  ])('is accepted with the %s %j', async (member, value) => {
    const created = await admin.create({ client_id: `made-${++made}`, [member]: value });
    expect([created.status, created.body[member]]).toEqual([201, value]);
    const changed = await admin.update(`made-${made}`, { [member]: value });
    expect([changed.status, changed.body[member]]).toEqual([200, value]);
  });

  it.each<[string, string, unknown]>([
    ['name', 'empty', ''],
    ['name', 'whitespace', '  '],
    ['name', '256 characters long', 'x'.repeat(256)],
    ['name', 'a text with a control character', 'a\u0007'],
    ['name', 'a number', 7],
    ['audiences', 'a string', 'logging-service'],
    ['audiences', 'an object', { 0: 'a' }],
    ['audiences', 'a list with an empty string', ['']],
    ['audiences', 'a list of numbers', [1]],
    ['audiences', 'a list with a duplicate', ['a', 'a']],
    ['audiences', 'a list with an entry of 256 characters', ['x'.repeat(256)]],
    ['audiences', 'a list of 1001 entries', lines(1001)],
    ['default_audience', 'not one of the audiences', 'c'],
    ['default_audience', 'a list', ['a']],
    ['scopes', 'a string', 'logs:read'],
    ['scopes', 'a list with two scope tokens in one entry', ['logs:read logs:write']],
    ['scopes', 'a list with an empty string', ['']],
    ['scopes', 'a list with a quotation mark', ['"']],
    ['scopes', 'a list with a non-ASCII character', ['ä']],
    ['scopes', 'a list with a duplicate', ['a', 'a']],
    ['claims', 'a list with a registered claim', ['tenant', 'sub']],
    ['claims', 'a list with act', ['act']],
    ['claims', 'a list with __proto__', ['__proto__']],
    ['claims', 'an object', { tenant: 'acme' }],
    ['grant_types', 'a list with an unknown grant', ['password']],
    ['grant_types', 'a list with a duplicate', ['client_credentials', 'client_credentials']],
    ['token_lifetime_seconds', 'zero', 0],
    ['token_lifetime_seconds', 'negative', -1],
    ['token_lifetime_seconds', 'a fraction', 1.5],
    ['token_lifetime_seconds', 'a string', '300'],
    ['token_lifetime_seconds', 'above the configured lifetime', 901],
    ['may_act_for', 'a list with an asterisk alone', ['*']],
    ['may_act_for', 'a list with an asterisk before the end', ['user-*-1']],
    ['may_act_for', 'a list with two asterisks in an entry', ['user-**']],
    ['may_act_for', 'a list with an empty string', ['']],
    ['may_act_for', 'a string', 'user-*'],
    ['jwks', 'an array', [PUBLIC]],
    ['jwks', 'an object without keys', {}],
    ['jwks', 'an empty key set', keys()],
    ['jwks', 'a set of more than 10 keys', keys(...Array.from({ length: 11 }, () => PUBLIC))],
    ['jwks', 'a set with a private key', keys(PRIVATE)],
    ['jwks', 'a set with a symmetric key', keys({ kty: 'oct', k: 'c2VjcmV0' })],
    ['jwks', 'a set with an RSA key of 1024 bits', keys(publicJwk('rsa', { modulusLength: 1024 }))],
    ['jwks', 'a set with a key on an unsupported curve', keys(publicJwk('ec', { namedCurve: 'secp256k1' }))],
    ['jwks', 'a set with an X25519 key, which cannot sign', keys(publicJwk('x25519', {}))],
    ['jwks', 'a set with a key for encryption', keys({ ...PUBLIC, use: 'enc' })],
    ['jwks', 'a set with a numeric kid', keys({ ...PUBLIC, kid: 1 })],
    ['jwks', 'a set with a point off the curve', keys({ ...PUBLIC, y: PUBLIC.x })],
    ['federated_credentials', 'an object', { issuer: 'ci', subject: 'job' }],
    ['federated_credentials', 'a wildcard alone', [{ issuer: 'ci', subject: '*' }]],
    ['workload_grant', 'a string', 'true'],
    ['jwt_bearer', 'a list', ['idp']],
    ['jwt_bearer', 'an object without issuers', { impersonate: [] }],
    ['jwt_bearer', 'an object with an unknown field', { issuers: [], mode: 'delegate' }],
    ['token_endpoint_auth_methods', 'a string', 'federated'],
    ['token_endpoint_auth_methods', 'a list with an unknown method', ['none']],
    ['disabled', 'a string', 'true'],
    ['disabled', 'a number', 1],
  ])('is rejected if %s is %s, and the error names the field', async (member, _name, value) => {
    const refusal = {
      status: 400,
      body: { error: expect.stringContaining(member), code: 'invalid_request' },
    };
    const before = (await admin.show('subject')).body;
    const { status, body } = await admin.create({ client_id: 'refused', audiences: ['a'], [member]: value });
    expect({ status, body }).toEqual(refusal);
    expect((await admin.show('refused')).status).toBe(404);
    const changed = await admin.update('subject', { [member]: value });
    expect({ status: changed.status, body: changed.body }).toEqual(refusal);
    expect((await admin.show('subject')).body).toEqual(before);
  });

  it.each(['client_secret', 'secret', 'audience', 'scope', 'Name', 'constructor', 'toString', ''])(
    'is rejected with the unknown field %j',
    async (member) => {
      const { status, body } = await admin.create({ client_id: 'refused', [member]: 'x' });
      expect({ status, body }).toEqual({
        status: 400,
        body: { error: expect.stringContaining(member), code: 'invalid_request' },
      });
      expect((await admin.update('subject', { [member]: 'x' })).status).toBe(400);
    },
  );

  it.each([
    ['a field named __proto__', '{"client_id":"refused","__proto__":{"disabled":true}}'],
    ['a duplicate field', '{"client_id":"refused","client_id":"refused"}'],
    ['a field constructor.prototype', '{"client_id":"refused","constructor":{"prototype":{}}}'],
    ['a truncated object', '{"client_id":"refused"'],
    ['invalid UTF-8', Buffer.from('{"client_id":"\xff"}', 'latin1')],
  ])('is rejected as malformed JSON: %s', async (_name, bytes) => {
    const authorization = `Bearer ${await admin.token()}`;
    const { status, body } = await service.postRaw('/admin/clients', bytes, { authorization });
    expect({ status, body }).toEqual({
      status: 400,
      body: { error: 'Malformed JSON', code: 'invalid_request' },
    });
  });

  it.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['plain text', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['a merge patch', { 'content-type': 'application/merge-patch+json' }, 415, 'unsupported_media_type'],
    ['gzip', { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
  ])('is rejected with 415 if the body is sent as %s', async (_name, headers, status, code) => {
    const authorization = `Bearer ${await admin.token()}`;
    const response = await service.postRaw('/admin/clients', '{"client_id":"refused"}', {
      ...headers,
      authorization,
    });
    expect({ status: response.status, code: response.body['code'] }).toEqual({ status, code });
  });

  it('is rejected with 413 if the body is larger than 64 KiB', async () => {
    const { status, body } = await admin.create({ client_id: 'refused', name: 'x'.repeat(66_000) });
    expect({ status, code: body['code'] }).toEqual({ status: 413, code: 'payload_too_large' });
  });
});
