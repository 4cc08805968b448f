import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Client } from '../../../src/clients/client.js';
import { ClientRegistry } from '../../../src/clients/client-registry.js';
import { StoreUnavailable } from '../../../src/sync/record-store.js';
import { clientOf } from '../../support/client-values.js';
import { UnreliableStore } from '../../support/unreliable-store.js';

let store: UnreliableStore<Client>;
let registry: ClientRegistry;

beforeEach(() => {
  store = new UnreliableStore();
  registry = new ClientRegistry(store);
});

const put = (id: string, audiences: readonly string[] = []): Promise<unknown> =>
  registry.change(id, () => clientOf({ id, audiences }));
const remove = (id: string): Promise<unknown> => registry.change(id, () => undefined);

describe('ClientRegistry', () => {
  it('finds only registered clients', async () => {
    await put('a');
    await put('b');
    await remove('b');
    expect(registry.find('a')).toEqual(clientOf({ id: 'a' }));
    expect(['a', 'b', 'A', '', '__proto__', 'constructor'].map((id) => registry.isClient(id))).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(registry.size).toBe(1);
  });

  it('finds clients of other instances after a sync and keeps them while the database is unavailable', async () => {
    await store.change('a', () => clientOf({ id: 'a' }));
    expect(registry.isClient('a')).toBe(false);
    await registry.sync();
    store.unavailable = true;
    await expect(registry.sync()).rejects.toThrow(StoreUnavailable);
    await expect(remove('a')).rejects.toThrow(StoreUnavailable);
    expect(registry.isClient('a')).toBe(true);
  });

  it('keeps hasEverHadClients true after the last client is removed', async () => {
    expect(registry.hasEverHadClients).toBe(false);
    await put('a');
    await remove('a');
    expect(registry.hasEverHadClients).toBe(true);
    const later = new ClientRegistry(store);
    await later.sync();
    expect([later.hasEverHadClients, later.size]).toEqual([true, 0]);
  });
});

describe('ClientRegistry.namesAudience', () => {
  const known = (): string[] => ['x', 'y', 'z'].filter((name) => registry.namesAudience(name));

  it('is true for an audience as long as a client names it', async () => {
    await put('a', ['x', 'y']);
    await put('b', ['y']);
    expect(known()).toEqual(['x', 'y']);
    await put('a', ['z']);
    expect(known()).toEqual(['y', 'z']);
    await remove('b');
    expect(known()).toEqual(['z']);
    await remove('a');
    expect(known()).toEqual([]);
  });

  it('agrees with the clients after any sequence of changes', async () => {
    const change = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      audiences: fc.option(fc.subarray(['x', 'y', 'z']), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 15 }), async (changes) => {
        const tested = new ClientRegistry(new UnreliableStore());
        const clients = new Map<string, readonly string[]>();
        for (const { id, audiences } of changes) {
          await tested.change(id, () => audiences && clientOf({ id, audiences }));
          if (audiences) clients.set(id, audiences);
          else clients.delete(id);
          const named = new Set([...clients.values()].flat());
          for (const name of ['x', 'y', 'z']) expect(tested.namesAudience(name)).toBe(named.has(name));
        }
      }),
    );
  });
});

describe('ClientRegistry.matchFederated', () => {
  const credential = (claims = {}) => ({ issuer: 'ci', subject: 'job', claims });
  const federated = (id: string, changes: Partial<Client> = {}): Promise<unknown> =>
    registry.change(id, () => clientOf({ id, federatedCredentials: [credential()], ...changes }));
  const matching = (claims = {}): string[] =>
    registry.matchFederated('ci', 'job', claims).map(({ id }) => id);

  it('finds the clients as they are now', async () => {
    await federated('a');
    expect(registry.matchFederated('ci', 'job', {})).toEqual([registry.find('a')]);
    await federated('b');
    expect(matching()).toEqual(['a', 'b']);
    await federated('a', { federatedCredentials: [credential({ '/c': 1 })] });
    expect([matching(), matching({ c: 1 })]).toEqual([['b'], ['b', 'a']]);
    await remove('b');
    expect(matching()).toEqual([]);
  });

  it('lists the clients that name an issuer, in a credential or for users', async () => {
    const jwtBearer = { issuers: ['idp', 'ci'], impersonate: [], limitToAssertion: true };
    await federated('a');
    await federated('b', { federatedCredentials: [], jwtBearer });
    await federated('c', { federatedCredentials: [] });
    const named = () => ['ci', 'idp', 'other'].map((id) => registry.namingIssuer(id));
    expect(named()).toEqual([['a', 'b'], ['b'], []]);
    await remove('a');
    expect(named()).toEqual([['b'], ['b'], []]);
  });

  it('finds disabled clients too, so that their workloads cannot come in as others', async () => {
    await federated('a', { disabled: true });
    await federated('b');
    expect(matching()).toEqual(['a', 'b']);
  });

  it('finds clients of other instances after a sync', async () => {
    const elsewhere = new ClientRegistry(store);
    await elsewhere.change('a', () => clientOf({ id: 'a', federatedCredentials: [credential()] }));
    expect(matching()).toEqual([]);
    await registry.sync();
    expect(matching()).toEqual(['a']);
  });
});

describe('ClientRegistry.page', () => {
  const idsOf = (limit: number, after?: string): string[] =>
    registry.page(limit, after).clients.map(({ id }) => id);

  it('is empty and has no next without clients', () => {
    expect(registry.page(10)).toEqual({ clients: [], next: undefined });
  });

  it('is in the order of IDs and begins after the given one', async () => {
    for (const id of ['b', 'a', 'B', '10', '9', '_', '~', '-']) await put(id);
    const all = ['-', '10', '9', 'B', '_', 'a', 'b', '~'];
    expect(idsOf(100)).toEqual(all);
    expect(idsOf(3, '9')).toEqual(['B', '_', 'a']);
    expect(idsOf(3, 'B0')).toEqual(['_', 'a', 'b']);
    expect(idsOf(3, '~')).toEqual([]);
  });

  it.each([
    [1, 'a', 'a'],
    [2, 'b', undefined],
    [3, 'b', undefined],
  ])('of at most %d ends with %s and has the next %s', async (limit, last, next) => {
    await put('a');
    await put('b');
    const page = registry.page(limit);
    expect([page.clients.at(-1)?.id, page.next]).toEqual([last, next]);
  });

  it('reflects clients that are added or removed between two pages', async () => {
    for (const id of ['a', 'c', 'e']) await put(id);
    expect(registry.page(2).next).toBe('c');
    await put('d');
    await remove('c');
    expect(idsOf(2, 'c')).toEqual(['d', 'e']);
    await put('e', ['x']);
    expect(registry.page(2, 'd').clients).toEqual([clientOf({ id: 'e', audiences: ['x'] })]);
  });

  it('returns every client once over all pages, for any limit', async () => {
    const id = fc.stringMatching(/^[A-Za-z0-9._~-]{1,6}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(id, { maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        async (ids, limit) => {
          const tested = new ClientRegistry(new UnreliableStore());
          for (const each of ids) await tested.change(each, () => clientOf({ id: each }));
          const seen: string[] = [];
          let after: string | undefined;
          do {
            const { clients, next }: ReturnType<ClientRegistry['page']> = tested.page(limit, after);
            expect(clients.length).toBe(Math.min(limit, ids.length - seen.length));
            seen.push(...clients.map((each) => each.id));
            after = next;
          } while (after !== undefined);
          expect(seen).toEqual([...ids].sort());
        },
      ),
    );
  });
});
