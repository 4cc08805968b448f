import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AuditEvent, AuditLog } from '../../src/audit/audit-log.js';
import { ChangeRefused } from '../../src/clients/change-refused.js';
import type { Client } from '../../src/clients/client.js';
import { ClientAdministration } from '../../src/clients/client-administration.js';
import { ClientRegistry } from '../../src/clients/client-registry.js';
import { IssuerAdministration } from '../../src/issuers/issuer-administration.js';
import { IssuerRegistry } from '../../src/issuers/issuer-registry.js';
import type { DescribedIssuer, TrustedIssuer } from '../../src/issuers/trusted-issuer.js';
import type { ManagedKeys } from '../../src/keys/managed-keys.js';
import type { RecordStore } from '../../src/sync/record-store.js';
import { clientOf } from '../support/client-values.js';
import { issuerOf } from '../support/issuer-values.js';
import { MovedClock, NEW_YEAR } from '../support/moved-clock.js';

/** The stores of one instance of the service. */
export interface InstanceStores {
  readonly issuers: RecordStore<TrustedIssuer>;
  readonly clients: RecordStore<Client>;
}

/** A database that two instances of the service share. */
export interface SharedIssuers {
  /** The stores of both instances, each with its own connections. */
  readonly instances: readonly [InstanceStores, InstanceStores];
  /** Removes all records. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

const NO_KEYS_NEEDED = { ensureAdministration: () => Promise.resolve() } as ManagedKeys;
const BY = { id: 'admin', requestId: 'request-1' };

class Audit extends AuditLog {
  readonly events: AuditEvent[] = [];

  override record(_requestId: string, event: AuditEvent): void {
    this.events.push(event);
  }
}

/** What an instance has in memory, and how it changes it. */
class Instance {
  readonly issuers: IssuerRegistry;
  readonly clients: ClientRegistry;
  readonly audit = new Audit();
  readonly administration: IssuerAdministration;
  private readonly clientAdministration: ClientAdministration;

  constructor(stores: InstanceStores, clock: MovedClock) {
    this.clients = new ClientRegistry(stores.clients);
    this.issuers = new IssuerRegistry(stores.issuers, this.clients);
    this.administration = new IssuerAdministration(this.issuers, this.clients, this.audit, clock);
    this.clientAdministration = new ClientAdministration(
      this.clients,
      this.issuers,
      this.audit,
      clock,
      NO_KEYS_NEEDED,
    );
  }

  async create(changes: Partial<DescribedIssuer> = {}): Promise<TrustedIssuer> {
    return this.administration.create(described(changes), BY);
  }

  async update(id: string, changes: Partial<DescribedIssuer>): Promise<TrustedIssuer> {
    const change = (current: TrustedIssuer): TrustedIssuer => ({ ...current, ...changes });
    return (await this.administration.update(id, change, BY)).entry;
  }

  /** A client whose workload the entry identifies, or without one. */
  async createClient(id: string, issuer?: string): Promise<unknown> {
    const { secrets: _secrets, createdAt: _made, updatedAt: _changed, ...client } = clientOf({ id });
    const federatedCredentials = issuer === undefined ? [] : [{ issuer, subject: 'job', claims: {} }];
    return this.clientAdministration.create({ ...client, federatedCredentials }, BY);
  }

  async nameIssuer(id: string, issuer: string): Promise<unknown> {
    const federatedCredentials = [{ issuer, subject: 'job', claims: {} }];
    const change = (current: Client): Client => ({ ...current, federatedCredentials });
    return this.clientAdministration.update(id, change, BY);
  }

  putClient(changes: Partial<Client>): Promise<unknown> {
    const client = clientOf(changes);
    return this.clients.change(client.id, () => client);
  }
}

function described(changes: Partial<DescribedIssuer>): DescribedIssuer {
  const { keysSetAt: _set, createdAt: _made, updatedAt: _changed, ...rest } = issuerOf(changes);
  return rest;
}

const spiffe = (trustDomain: string): Partial<DescribedIssuer> => ({
  keys: { kind: 'spiffe_bundle_uri', bundleUri: 'https://spire.example', trustDomain },
});

/** How a change ended: `undefined` if it was made, else the code of its refusal. */
async function outcomeOf(change: Promise<unknown>): Promise<string | undefined> {
  try {
    await change;
    return undefined;
  } catch (error) {
    if (error instanceof ChangeRefused) return error.code;
    throw error;
  }
}

/** The rules between trusted issuers, and between them and clients, whichever instance makes a change. */
export function issuersContract(share: () => Promise<SharedIssuers>): void {
  let shared: SharedIssuers;
  let clock: MovedClock;
  let first: Instance;
  let second: Instance;

  beforeAll(async () => {
    shared = await share();
  });
  beforeEach(async () => {
    await shared.empty();
    clock = new MovedClock();
    [first, second] = [new Instance(shared.instances[0], clock), new Instance(shared.instances[1], clock)];
  });
  afterAll(() => shared.close());

  describe('a change', () => {
    it('is known here at once, and elsewhere after the next sync', async () => {
      const entry = await first.create({ uses: ['jwt_bearer'] });
      expect(entry).toEqual(issuerOf({ uses: ['jwt_bearer'] }));
      for (const { issuers } of [first, second]) {
        await second.issuers.sync();
        expect(issuers.find('corporate')).toEqual(entry);
        expect(issuers.byIssuer('https://corporate.example')).toEqual(entry);
        expect(issuers.page(10)).toEqual({ issuers: [entry], next: undefined });
        expect(issuers.size).toBe(1);
      }
      await second.administration.delete('corporate', BY);
      await first.issuers.sync();
      for (const { issuers } of [first, second]) {
        expect(issuers.find('corporate')).toBeUndefined();
        expect(issuers.byIssuer('https://corporate.example')).toBeUndefined();
        expect(issuers.size).toBe(0);
      }
    });

    it('starts with the entry as another instance left it', async () => {
      await first.create();
      await second.update('corporate', { uses: ['jwt_bearer'] });
      expect(await first.update('corporate', { disabled: true })).toMatchObject({
        uses: ['jwt_bearer'],
        disabled: true,
      });
    });

    it('sets the time of the keys only if the keys change', async () => {
      await first.create();
      clock.advance(60);
      const [before, later] = [NEW_YEAR * 1000, NEW_YEAR * 1000 + 60_000];
      expect(await second.update('corporate', { disabled: true })).toMatchObject({
        keysSetAt: before,
        createdAt: before,
        updatedAt: later,
      });
      expect(await second.update('corporate', spiffe('a'))).toMatchObject({ keysSetAt: later });
    });

    it('notifies each instance once, with the entry before and after', async () => {
      const seen: unknown[] = [];
      second.issuers.onChange((id, entry, previous) => seen.push([id, entry?.disabled, previous?.disabled]));
      await first.create();
      await second.issuers.sync();
      await first.update('corporate', { disabled: true });
      await second.issuers.sync();
      await second.administration.delete('corporate', BY);
      await second.issuers.sync();
      expect(seen).toEqual([
        ['corporate', false, undefined],
        ['corporate', true, false],
        ['corporate', undefined, true],
      ]);
    });

    it('is audited once, and a refused one never', async () => {
      await first.create();
      expect(await outcomeOf(first.create())).toBe('conflict');
      expect(await outcomeOf(first.update('other', {}))).toBe('not_found');
      await first.update('corporate', {});
      await first.administration.delete('corporate', BY);
      expect(first.audit.events).toEqual(
        ['issuer.created', 'issuer.updated', 'issuer.deleted'].map((event) => ({
          event,
          issuer: 'corporate',
          by: 'admin',
        })),
      );
    });
  });

  describe('an entry that another instance made a moment ago', () => {
    it.each<[string, Partial<DescribedIssuer>, Partial<DescribedIssuer>]>([
      ['the same id', {}, { issuer: 'https://other.example' }],
      ['the same issuer', {}, { id: 'other' }],
      [
        'subject as_is',
        { subject: 'as_is' },
        { id: 'other', issuer: 'https://other.example', subject: 'as_is' },
      ],
      [
        'the same trust domain',
        spiffe('a'),
        { id: 'other', issuer: 'https://other.example', ...spiffe('a') },
      ],
    ])('conflicts with a new one: %s', async (_name, one, other) => {
      await first.create(one);
      expect(await outcomeOf(second.create(other))).toBe('conflict');
      await second.issuers.sync();
      expect(second.issuers.page(10).issuers).toEqual([first.issuers.find('corporate')]);
    });

    it.each<[string, Partial<DescribedIssuer>]>([
      ['subject as_is', { subject: 'as_is' }],
      ['the same trust domain', spiffe('a')],
    ])('conflicts with a change of another: %s', async (_name, change) => {
      await first.create();
      await second.create({ id: 'other', issuer: 'https://other.example' });
      await first.update('corporate', change);
      expect(await outcomeOf(second.update('other', change))).toBe('conflict');
      expect(await outcomeOf(first.update('corporate', { ...change, disabled: true }))).toBeUndefined();
    });

    it('gives up what it had when it changes or is deleted', async () => {
      await first.create({ subject: 'as_is', ...spiffe('a') });
      await first.update('corporate', { subject: 'prefixed', ...spiffe('b') });
      const other = { id: 'other', issuer: 'https://other.example' };
      await second.create({ ...other, subject: 'as_is', ...spiffe('a') });
      expect(second.issuers.byTrustDomain('a')?.id).toBe('other');
      expect(second.issuers.byTrustDomain('b')?.id).toBe('corporate');
      await second.administration.delete('other', BY);
      expect(second.issuers.byTrustDomain('a')).toBeUndefined();
      expect(await outcomeOf(first.create({ ...other, subject: 'as_is', ...spiffe('a') }))).toBeUndefined();
    });
  });

  it.each<[string, Partial<DescribedIssuer>]>([
    ['the same issuer', {}],
    ['subject as_is', { subject: 'as_is' }],
    ['the same trust domain', spiffe('a')],
  ])('of ten entries made at once on two instances, one is made: %s', async (name, changes) => {
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) => {
        const issuer = name === 'the same issuer' ? 'https://a.example' : `https://a${n}.example`;
        return outcomeOf((n % 2 ? first : second).create({ id: `a${n}`, issuer, ...changes }));
      }),
    );
    expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'conflict')).toHaveLength(9);
  });

  describe('a client of another instance', () => {
    it('keeps its ID from being an issuer', async () => {
      await second.putClient({ id: 'https://corporate.example' });
      expect(await outcomeOf(first.create())).toBe('conflict');
    });

    it.each<[string, Partial<Client>]>([
      [
        'federatedCredentials',
        { federatedCredentials: [{ issuer: 'corporate', subject: 'job', claims: {} }] },
      ],
      ['jwtBearer', { jwtBearer: { issuers: ['corporate'], impersonate: [], limitToAssertion: true } }],
    ])('keeps the entry that it names in %s', async (_name, changes) => {
      await first.create();
      await second.putClient(changes);
      expect(await outcomeOf(first.administration.delete('corporate', BY))).toBe('conflict');
      await second.clients.change('worker', () => undefined);
      expect(await outcomeOf(first.administration.delete('corporate', BY))).toBeUndefined();
    });
  });

  describe('of a client and an entry that exclude each other, one is made at a time:', () => {
    const ROUNDS = 8;

    /** How two changes end that are made at once, each on either instance, in many rounds. */
    async function raced(
      round: (client: Instance, entry: Instance, n: number) => readonly Promise<unknown>[],
    ): Promise<readonly string[]> {
      const ends = new Set<string>();
      for (let n = 0; n < ROUNDS; n++) {
        const [client, entry] = [n % 2 ? first : second, n % 4 > 1 ? first : second];
        const outcomes = await Promise.all(round(client, entry, n).map(outcomeOf));
        ends.add(outcomes.map((outcome) => outcome ?? 'made').join(', '));
      }
      return [...ends];
    }
    const isOneMade = (end: string): boolean =>
      ['made, conflict', 'conflict, made', 'invalid_request, made'].includes(end);

    it('a client whose ID is the issuer', async () => {
      const ends = await raced((client, entry, n) => [
        client.createClient(`name-${n}`),
        entry.create({ id: `a${n}`, issuer: `name-${n}`, keys: { kind: 'jwks', jwks: { keys: [] } } }),
      ]);
      expect(ends.filter((end) => !isOneMade(end))).toEqual([]);
    });

    it('a new client that names an entry, and its removal', async () => {
      for (let n = 0; n < ROUNDS; n++) await first.create({ id: `a${n}`, issuer: `https://a${n}.example` });
      const ends = await raced((client, entry, n) => [
        client.createClient(`name-${n}`, `a${n}`),
        entry.administration.delete(`a${n}`, BY),
      ]);
      expect(ends.filter((end) => !isOneMade(end))).toEqual([]);
    });

    it('a change of a client that names an entry, and its removal', async () => {
      for (let n = 0; n < ROUNDS; n++) {
        await first.create({ id: `a${n}`, issuer: `https://a${n}.example` });
        await second.createClient(`name-${n}`);
      }
      const ends = await raced((client, entry, n) => [
        client.nameIssuer(`name-${n}`, `a${n}`),
        entry.administration.delete(`a${n}`, BY),
      ]);
      expect(ends.filter((end) => !isOneMade(end))).toEqual([]);
    });
  });

  it('issuers are compared byte for byte', async () => {
    const spellings = [
      'https://a.example',
      'https://a.example/',
      'https://A.example',
      'HTTPS://a.example',
      '\u00e9',
      'e\u0301',
    ];
    for (const [n, issuer] of spellings.entries()) await first.create({ id: `a${n}`, issuer });
    await second.issuers.sync();
    expect(spellings.map((issuer) => second.issuers.byIssuer(issuer)?.id)).toEqual(
      spellings.map((_, n) => `a${n}`),
    );
  });

  it('a subject belongs to another entry by its text before the first colon', async () => {
    await first.create({ id: 'ci' });
    await first.create({ id: 'corp', issuer: 'https://corp.example', subject: 'as_is' });
    const isPrefixed = (subject: string): boolean => first.issuers.isPrefixed(subject, 'corp');
    expect(['ci:a', 'ci:', 'ci:a:b'].map(isPrefixed)).toEqual([true, true, true]);
    expect(['ci', 'cia:b', 'corp:a', ':ci', 'a:ci:b', '', 'constructor:a'].map(isPrefixed)).toEqual(
      Array(7).fill(false),
    );
  });
}
