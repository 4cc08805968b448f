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

describe('a client that is made or changed', () => {
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
    ['disabled', false],
  ])('may have as its %s %j', async (member, value) => {
    const created = await admin.create({ client_id: `made-${++made}`, [member]: value });
    expect([created.status, created.body[member]]).toEqual([201, value]);
    const changed = await admin.update(`made-${made}`, { [member]: value });
    expect([changed.status, changed.body[member]]).toEqual([200, value]);
  });

  it.each<[string, string, unknown]>([
    ['name', 'empty', ''],
    ['name', 'blank', '  '],
    ['name', 'of 256 characters', 'x'.repeat(256)],
    ['name', 'with a control character', 'a\u0007'],
    ['name', 'a number', 7],
    ['audiences', 'a text', 'logging-service'],
    ['audiences', 'an object', { 0: 'a' }],
    ['audiences', 'of empty texts', ['']],
    ['audiences', 'of numbers', [1]],
    ['audiences', 'twice the same', ['a', 'a']],
    ['audiences', 'an entry of 256 characters', ['x'.repeat(256)]],
    ['audiences', '1001 entries', lines(1001)],
    ['default_audience', 'none of its audiences', 'c'],
    ['default_audience', 'a list', ['a']],
    ['scopes', 'a text', 'logs:read'],
    ['scopes', 'two in one', ['logs:read logs:write']],
    ['scopes', 'empty', ['']],
    ['scopes', 'a quote', ['"']],
    ['scopes', 'not ASCII', ['ä']],
    ['scopes', 'twice the same', ['a', 'a']],
    ['claims', 'a registered one', ['tenant', 'sub']],
    ['claims', 'act', ['act']],
    ['claims', '__proto__', ['__proto__']],
    ['claims', 'an object', { tenant: 'acme' }],
    ['grant_types', 'an unknown one', ['password']],
    ['grant_types', 'twice the same', ['client_credentials', 'client_credentials']],
    ['token_lifetime_seconds', 'zero', 0],
    ['token_lifetime_seconds', 'negative', -1],
    ['token_lifetime_seconds', 'a fraction', 1.5],
    ['token_lifetime_seconds', 'a text', '300'],
    ['token_lifetime_seconds', 'over the configured lifetime', 901],
    ['may_act_for', 'a star alone', ['*']],
    ['may_act_for', 'a star within', ['user-*-1']],
    ['may_act_for', 'two stars', ['user-**']],
    ['may_act_for', 'empty', ['']],
    ['may_act_for', 'a text', 'user-*'],
    ['jwks', 'a list', [PUBLIC]],
    ['jwks', 'without keys', {}],
    ['jwks', 'an empty set', keys()],
    ['jwks', 'more than 10 keys', keys(...Array.from({ length: 11 }, () => PUBLIC))],
    ['jwks', 'a private key', keys(PRIVATE)],
    ['jwks', 'a shared key', keys({ kty: 'oct', k: 'c2VjcmV0' })],
    ['jwks', 'RSA of 1024 bits', keys(publicJwk('rsa', { modulusLength: 1024 }))],
    ['jwks', 'another curve', keys(publicJwk('ec', { namedCurve: 'secp256k1' }))],
    ['jwks', 'X25519, which signs nothing', keys(publicJwk('x25519', {}))],
    ['jwks', 'a key for encryption', keys({ ...PUBLIC, use: 'enc' })],
    ['jwks', 'a kid that is a number', keys({ ...PUBLIC, kid: 1 })],
    ['jwks', 'a point off the curve', keys({ ...PUBLIC, y: PUBLIC.x })],
    ['disabled', 'a text', 'true'],
    ['disabled', 'a number', 1],
  ])('is refused if %s is %s, and the refusal names the field', async (member, _name, value) => {
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
    'is refused if there is a field %j, which no client has',
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
    ['a field of that name', '{"client_id":"refused","__proto__":{"disabled":true}}'],
    ['a duplicate field', '{"client_id":"refused","client_id":"refused"}'],
    ['a prototype of a constructor', '{"client_id":"refused","constructor":{"prototype":{}}}'],
    ['half of JSON', '{"client_id":"refused"'],
    ['bytes that are not UTF-8', Buffer.from('{"client_id":"\xff"}', 'latin1')],
  ])('is refused if the JSON is malformed: %s', async (_name, bytes) => {
    const authorization = `Bearer ${await admin.token()}`;
    const { status, body } = await service.postRaw('/admin/clients', bytes, { authorization });
    expect({ status, body }).toEqual({
      status: 400,
      body: { error: 'Malformed JSON', code: 'invalid_request' },
    });
  });

  it.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['a plain text', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['a merge patch', { 'content-type': 'application/merge-patch+json' }, 415, 'unsupported_media_type'],
    ['compressed', { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
  ])('is refused if the body is sent as %s', async (_name, headers, status, code) => {
    const authorization = `Bearer ${await admin.token()}`;
    const answer = await service.postRaw('/admin/clients', '{"client_id":"refused"}', {
      ...headers,
      authorization,
    });
    expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status, code });
  });

  it('is refused if the body is larger than 64 KiB', async () => {
    const { status, body } = await admin.create({ client_id: 'refused', name: 'x'.repeat(66_000) });
    expect({ status, code: body['code'] }).toEqual({ status: 413, code: 'payload_too_large' });
  });
});
