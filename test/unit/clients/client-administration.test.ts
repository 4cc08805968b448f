import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type AuditEvent, AuditLog } from '../../../src/audit/audit-log.js';
import { ClientDescription } from '../../../src/admin/client-description.js';
import type { Client, DescribedClient } from '../../../src/clients/client.js';
import type { Administrator } from '../../../src/audit/persisted-event.js';
import { ClientAdministration } from '../../../src/clients/client-administration.js';
import { ClientRegistry } from '../../../src/clients/client-registry.js';
import { hasSecret } from '../../../src/clients/client-secret.js';
import { IssuerNames } from '../../../src/clients/issuer-names.js';
import type { ManagedKeys } from '../../../src/keys/managed-keys.js';
import { StoreUnavailable } from '../../../src/sync/record-store.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';
import { UnreliableStore } from '../../support/unreliable-store.js';

const BY: Administrator = { id: 'admin', requestId: 'request-1' };
const NOW = NEW_YEAR * 1000;
const JWK = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });

class Audit extends AuditLog {
  readonly recorded: [requestId: string, event: AuditEvent][] = [];

  override record(requestId: string, event: AuditEvent): void {
    this.recorded.push([requestId, event]);
  }
}

/** Every entry has the issuer `<id>.example`. */
class FakeIssuerNames extends IssuerNames {
  readonly entries = new Set(['ci', 'k8s']);

  override isEntry(id: string): boolean {
    return this.entries.has(id);
  }

  override isIssuer(issuer: string): boolean {
    return [...this.entries].some((id) => issuer === `${id}.example`);
  }
}

const issuers = new FakeIssuerNames();
const description = new ClientDescription({ lifetimeSeconds: 900 });

const keysMadeBy = (ensureAdministration: ManagedKeys['ensureAdministration']): ManagedKeys =>
  ({ ensureAdministration }) as ManagedKeys;

let store: UnreliableStore<Client>;
let registry: ClientRegistry;
let audit: Audit;
let clock: MovedClock;
let prepared: number;
let administration: ClientAdministration;

beforeEach(() => {
  store = new UnreliableStore();
  registry = new ClientRegistry(store);
  audit = new Audit();
  clock = new MovedClock();
  prepared = 0;
  const keys = keysMadeBy(() => {
    prepared++;
    return Promise.resolve();
  });
  administration = new ClientAdministration(registry, issuers, audit, clock, keys);
});

const described = (fields: object = {}): DescribedClient =>
  description.read({ client_id: 'worker', ...fields });
const create = async (fields: object = {}) => {
  const { client, secret } = await administration.create(described(fields), BY);
  if (!secret) throw new Error('The client has no secret');
  return { client, secret };
};
const update = (id: string, patch: unknown) =>
  administration.update(id, (current) => description.patch(current, patch), BY);
const isValid = (secret: string): boolean => hasSecret(registry.find('worker'), secret, clock.now());
const events = (): string[] => audit.recorded.map(([, { event }]) => event);

/** Expects an act to be refused, and neither to change nor to record anything. */
async function expectRefused(act: () => Promise<unknown>, code: string, words?: RegExp): Promise<void> {
  const [before, recorded] = [registry.find('worker'), audit.recorded.length];
  await expect(act()).rejects.toMatchObject({ code, message: expect.stringMatching(words ?? /./) });
  expect(registry.find('worker')).toEqual(before);
  expect(audit.recorded).toHaveLength(recorded);
}

describe('ClientAdministration.create', () => {
  it('creates a client with one secret, which is valid immediately', async () => {
    const { client, secret } = await create({ audiences: ['logging-service'] });
    expect(client).toEqual(registry.find('worker'));
    expect(client).toMatchObject({
      id: 'worker',
      audiences: ['logging-service'],
      createdAt: NOW,
      updatedAt: NOW,
    });
    expect(client.secrets.map(({ id }) => id)).toEqual([secret.id]);
    expect(secret.expiresAt).toBeNull();
    expect(isValid(secret.text)).toBe(true);
  });

  it('creates the keys of the service before the client', async () => {
    const failing = new ClientAdministration(
      registry,
      issuers,
      audit,
      clock,
      keysMadeBy(() => Promise.reject(new Error('no keys'))),
    );
    await expect(failing.create(described(), BY)).rejects.toThrow('no keys');
    expect(registry.isClient('worker')).toBe(false);
    await create();
    expect(prepared).toBe(1);
  });

  it('rejects an ID that is in use, also if another instance created the client', async () => {
    await create();
    await expectRefused(() => create({ name: 'Another' }), 'conflict', /already/);
    const elsewhere = new ClientAdministration(
      new ClientRegistry(store),
      issuers,
      audit,
      clock,
      keysMadeBy(() => Promise.resolve()),
    );
    await expectRefused(() => elsewhere.create(described(), BY), 'conflict', /already/);
  });

  it('accepts only one of two concurrent requests for the same client', async () => {
    const outcomes = await Promise.allSettled([create(), create()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(registry.find('worker')?.secrets).toHaveLength(1);
  });

  it('rejects an invalid description before it creates any key', async () => {
    await expectRefused(() => create({ scopes: 'x' }), 'invalid_request', /^scopes /);
    expect(prepared).toBe(0);
  });
});

describe('ClientAdministration.update', () => {
  it('changes the given fields and updatedAt', async () => {
    const { client: previous } = await create({ scopes: ['a'] });
    clock.advance(60);
    const { client } = await update('worker', { name: 'Worker' });
    expect(client).toEqual({ ...previous, name: 'Worker', updatedAt: NOW + 60_000 });
    expect(registry.find('worker')).toEqual(client);
  });

  it('patches the client in the database, not its local copy', async () => {
    const { client } = await create();
    await store.change('worker', () => ({ ...client, scopes: ['of-another-instance'] }));
    const { client: updated } = await update('worker', { name: 'Worker' });
    expect(updated).toMatchObject({ name: 'Worker', scopes: ['of-another-instance'] });
  });

  it.each([
    ['an unknown client', 'other', { name: 'x' }, 'not_found'],
    ['an invalid value', 'worker', { disabled: 'yes' }, 'invalid_request'],
  ])('rejects %s', async (_name, id, patch, code) => {
    await create();
    await expectRefused(() => update(id, patch), code);
  });
});

describe('ClientAdministration.delete', () => {
  it('removes a client with its secrets, which a new client with the same ID does not get', async () => {
    const { secret } = await create();
    await administration.delete('worker', BY);
    expect(isValid(secret.text)).toBe(false);
    const { secret: later } = await create();
    expect([isValid(secret.text), isValid(later.text)]).toEqual([false, true]);
  });

  it('rejects an unknown client', async () => {
    await expectRefused(() => administration.delete('other', BY), 'not_found');
  });
});

describe('ClientAdministration.addSecret and endSecret', () => {
  const add = (expiresAt: number | null = null) => administration.addSecret('worker', expiresAt, BY);
  const end = (id: string): Promise<void> => administration.revokeSecret('worker', id, BY);

  it('replace a secret without an outage: both are valid until the first is revoked', async () => {
    const { secret: first } = await create();
    const second = await add();
    expect([isValid(first.text), isValid(second.text)]).toEqual([true, true]);
    await end(first.id);
    expect([isValid(first.text), isValid(second.text)]).toEqual([false, true]);
  });

  it('reject a third secret', async () => {
    await create();
    await add();
    await expectRefused(() => add(), 'conflict', /has 2 secrets: revoke one first/);
  });

  it('accept only one of two concurrent requests that add the last secret', async () => {
    await create();
    const outcomes = await Promise.allSettled([add(), add()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('replace an expired secret when another is added', async () => {
    await create();
    const short = await add(NOW + 1_000);
    expect(isValid(short.text)).toBe(true);
    clock.advance(1);
    expect(isValid(short.text)).toBe(false);
    await add();
    expect(registry.find('worker')?.secrets.map(({ id }) => id)).not.toContain(short.id);
  });

  it.each([0, -1])('reject a new secret that expires %d ms from now', async (milliseconds) => {
    await create();
    await expectRefused(() => add(NOW + milliseconds), 'invalid_request', /must be in the future/);
  });

  it('reject the revocation of the last secret of a client without keys', async () => {
    const { secret } = await create();
    await expectRefused(() => end(secret.id), 'conflict', /could not authenticate/);
  });

  it('reject the revocation of the last valid secret if another has expired', async () => {
    const { secret } = await create();
    await add(NOW + 1_000);
    clock.advance(1);
    await expectRefused(() => end(secret.id), 'conflict', /could not authenticate/);
  });

  it('revoke the last secret of a client with keys, which can then not be removed', async () => {
    const { secret } = await create({ jwks: { keys: [JWK] } });
    await end(secret.id);
    expect(registry.find('worker')?.secrets).toEqual([]);
    await expectRefused(() => update('worker', { jwks: null }), 'conflict');
  });

  it.each<[string, () => Promise<unknown>]>([
    ['the revocation of an unknown secret', () => end('0000000000000000')],
    ['the revocation of a secret of an unknown client', () => administration.revokeSecret('other', 'x', BY)],
    ['a new secret for an unknown client', () => administration.addSecret('other', null, BY)],
  ])('reject %s', async (_name, act) => {
    await create();
    await expectRefused(act, 'not_found');
  });
});

describe('ClientAdministration, about credentials,', () => {
  const SECRETLESS = { token_endpoint_auth_methods: ['private_key_jwt', 'federated'] };
  const JWKS = { keys: [JWK] };
  const credential = (fields: object = {}): object => ({ issuer: 'ci', subject: 'job', ...fields });
  const WORKLOAD = {
    token_endpoint_auth_methods: ['private_key_jwt'],
    workload_grant: true,
    grant_types: ['urn:ietf:params:oauth:grant-type:jwt-bearer'],
    federated_credentials: [credential()],
  };
  const make = (fields: object) => administration.create(described(fields), BY);
  const made = (id: string, ...federated_credentials: object[]) =>
    administration.create(described({ client_id: id, federated_credentials }), BY);

  it('makes no secret for a client that may not authenticate by one, and adds none', async () => {
    const { client, secret } = await make(SECRETLESS);
    expect([client.secrets, secret]).toEqual([[], undefined]);
    await expectRefused(
      () => administration.addSecret('worker', null, BY),
      'conflict',
      /token_endpoint_auth_methods .* allow no secret/,
    );
    await update('worker', { token_endpoint_auth_methods: null });
    expect(isValid((await administration.addSecret('worker', null, BY)).text)).toBe(true);
  });

  it.each<[string, object, object]>([
    ['its keys', { ...SECRETLESS, jwks: JWKS }, { jwks: null }],
    ['the method of its keys', { ...SECRETLESS, jwks: JWKS }, { token_endpoint_auth_methods: ['federated'] }],
    ['the method of its secret', {}, { token_endpoint_auth_methods: ['private_key_jwt'] }],
    ['every method', {}, { token_endpoint_auth_methods: [] }],
    [
      'its credential',
      { ...SECRETLESS, federated_credentials: [credential()] },
      { federated_credentials: [] },
    ],
    [
      'its credentials, by null',
      { ...SECRETLESS, federated_credentials: [credential()] },
      { federated_credentials: null },
    ],
    ['the grant of its workload', WORKLOAD, { workload_grant: false }],
    ['the grant type of its workload', WORKLOAD, { grant_types: null }],
  ])('rejects a change that removes %s, its last credentials', async (_name, fields, patch) => {
    await make(fields);
    await expectRefused(() => update('worker', patch), 'conflict', /could not authenticate/);
    await update('worker', { ...patch, jwks: JWKS, token_endpoint_auth_methods: ['private_key_jwt'] });
  });

  it('does not count an expired secret', async () => {
    const { secret } = await create({ jwks: JWKS });
    await administration.addSecret('worker', NOW + 1_000, BY);
    await administration.revokeSecret('worker', secret?.id ?? '', BY);
    clock.advance(1);
    await expectRefused(() => update('worker', { jwks: null }), 'conflict', /could not authenticate/);
  });

  it('changes and disables a client that has no credentials', async () => {
    await make(SECRETLESS);
    expect((await update('worker', { disabled: true, scopes: ['a'] })).client.disabled).toBe(true);
    await update('worker', { federated_credentials: [credential()] });
  });

  it.each<[string, object]>([
    ['the same', {}],
    ['the same in another order', { claims: { '/b': 2, '/a': ['y', 'x'] } }],
  ])('rejects a credential of another client: %s', async (_name, fields) => {
    const claims = 'claims' in fields ? { '/a': ['x', 'y'], '/b': [2] } : {};
    await made('other', credential({ claims }));
    await expectRefused(
      () => create({ federated_credentials: [credential(fields)] }),
      'conflict',
      /Another client/,
    );
    await create();
    await expectRefused(
      () => update('worker', { federated_credentials: [credential({ subject: 'x' }), credential(fields)] }),
      'conflict',
      /Another client/,
    );
  });

  it.each<[string, object]>([
    ['a credential', { federated_credentials: [credential({ issuer: 'unknown' })] }],
    ['jwt_bearer', { jwt_bearer: { issuers: ['ci', 'unknown'] } }],
    ['a credential, by another case', { federated_credentials: [credential({ issuer: 'CI' })] }],
    ['a credential, by its iss', { federated_credentials: [credential({ issuer: 'ci.example' })] }],
  ])('rejects an unknown issuer in %s', async (_name, fields) => {
    await expectRefused(() => make(fields), 'invalid_request', /^There is no trusted issuer "/);
    await create();
    await expectRefused(() => update('worker', fields), 'invalid_request', /^There is no trusted issuer "/);
  });

  it('requires the issuers that a change names to be known, not those that are stored', async () => {
    issuers.entries.add('gone');
    await make({
      federated_credentials: [credential({ issuer: 'gone' })],
      jwt_bearer: { issuers: ['gone'] },
    });
    issuers.entries.delete('gone');
    const gone = /^There is no trusted issuer "gone"$/;
    const partial = { jwt_bearer: { limit_to_assertion: true } };
    await expectRefused(() => update('worker', partial), 'invalid_request', gone);
    await update('worker', { disabled: true });
    await update('worker', { jwt_bearer: { issuers: ['ci'] } });
    await update('worker', { federated_credentials: [credential()] });
  });

  it('rejects the issuer of an entry as a client_id, which an assertion could not distinguish', async () => {
    await expectRefused(() => make({ client_id: 'ci.example' }), 'conflict', /issuer of a trusted issuer/);
    await make({ client_id: 'ci' });
  });

  it('accepts credentials that differ in issuer, subject or conditions', async () => {
    await made('other', credential(), credential({ subject: 'a:b:*', claims: { '/a': 1 } }));
    await create({
      federated_credentials: [
        credential({ issuer: 'k8s' }),
        credential({ subject: 'job2' }),
        credential({ claims: { '/a': 1 } }),
        credential({ subject: 'a:b:*', claims: { '/a': 2 } }),
        credential({ subject: 'a:b:', claims: { '/a': 1 } }),
      ],
    });
  });

  it('accepts its own credentials again, and those of a client that no longer has them', async () => {
    await made('other', credential());
    await create({ federated_credentials: [credential({ subject: 'x' })] });
    await update('worker', {
      federated_credentials: [credential({ subject: 'x' }), credential({ subject: 'y' })],
    });
    await administration.delete('other', BY);
    await update('worker', { federated_credentials: [credential()] });
    await made('third', credential({ subject: 'x' }));
  });

  it('rejects a credential that another instance has just given to a client', async () => {
    const elsewhere = new ClientAdministration(
      new ClientRegistry(store),
      issuers,
      audit,
      clock,
      keysMadeBy(() => Promise.resolve()),
    );
    await elsewhere.create(described({ client_id: 'other', federated_credentials: [credential()] }), BY);
    expect(registry.isClient('other')).toBe(false);
    await expectRefused(
      () => create({ federated_credentials: [credential()] }),
      'conflict',
      /Another client/,
    );
  });

  it('gives one of two concurrent clients the same credential', async () => {
    const outcomes = await Promise.allSettled([made('one', credential()), made('two', credential())]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('ClientAdministration', () => {
  it('records who changed which client in which request', async () => {
    const { secret } = await create();
    await update('worker', { name: 'x' });
    const second = await administration.addSecret('worker', null, {
      id: 'command line',
      requestId: 'request-2',
    });
    await administration.revokeSecret('worker', secret.id, BY);
    await administration.delete('worker', BY);
    expect(audit.recorded).toEqual([
      ['request-1', { event: 'client.created', client: 'worker', by: 'admin' }],
      ['request-1', { event: 'client.updated', client: 'worker', by: 'admin' }],
      [
        'request-2',
        { event: 'client.secret_added', client: 'worker', secret_id: second.id, by: 'command line' },
      ],
      ['request-1', { event: 'client.secret_ended', client: 'worker', secret_id: secret.id, by: 'admin' }],
      ['request-1', { event: 'client.deleted', client: 'worker', by: 'admin' }],
    ]);
    for (const text of [secret.text, second.text]) expect(JSON.stringify(audit.recorded)).not.toContain(text);
  });

  it('keeps no secret in the database, neither as text nor as hex', async () => {
    const { secret } = await create();
    const second = await administration.addSecret('worker', null, BY);
    const kept = JSON.stringify(await store.changesSince(0, 10));
    for (const text of [secret.text, second.text]) {
      expect(kept).not.toContain(text);
      expect(kept).not.toContain(Buffer.from(text, 'base64url').toString('hex'));
    }
  });

  it('changes and records nothing while the database is unavailable, and continues afterwards', async () => {
    const { secret } = await create();
    store.unavailable = true;
    const acts: (() => Promise<unknown>)[] = [
      () => create({ client_id: 'other' }),
      () => update('worker', { disabled: true }),
      () => administration.delete('worker', BY),
      () => administration.addSecret('worker', null, BY),
      () => administration.revokeSecret('worker', secret.id, BY),
    ];
    for (const act of acts) await expect(act()).rejects.toThrow(StoreUnavailable);
    expect(events()).toEqual(['client.created']);
    expect([registry.size, isValid(secret.text)]).toEqual([1, true]);
    store.unavailable = false;
    await update('worker', { disabled: true });
    expect(registry.find('worker')?.disabled).toBe(true);
  });
});
