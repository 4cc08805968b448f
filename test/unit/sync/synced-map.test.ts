import { setImmediate as tick } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StoreUnavailable } from '../../../src/sync/record-store.js';
import { SyncedMap } from '../../../src/sync/synced-map.js';
import { MemoryRecordStore } from '../../support/memory-record-store.js';
import { UnreliableStore } from '../../support/unreliable-store.js';

type Applied = readonly [id: string, value: number | undefined, previous: number | undefined];

let store: UnreliableStore<number>;
let applied: Applied[];
let syncedMap: SyncedMap<number>;

beforeEach(() => {
  store = new UnreliableStore();
  applied = [];
  syncedMap = new SyncedMap(store, (...change) => void applied.push(change));
});

/** A change that another instance makes. */
const elsewhere = (id: string, value: number | undefined): Promise<unknown> => store.change(id, () => value);
const held = (): object => Object.fromEntries(syncedMap.all);

describe('SyncedMap.sync', () => {
  it('applies added, changed and removed records with their previous values', async () => {
    await elsewhere('a', 1);
    await elsewhere('b', 2);
    await syncedMap.sync();
    await elsewhere('a', 3);
    await elsewhere('b', undefined);
    await syncedMap.sync();
    expect(held()).toEqual({ a: 3 });
    expect(applied).toEqual([
      ['a', 1, undefined],
      ['b', 2, undefined],
      ['a', 3, 1],
      ['b', undefined, 2],
    ]);
  });

  it('queries only the revisions that it has not seen', async () => {
    await elsewhere('a', 1);
    await syncedMap.sync();
    await elsewhere('b', 2);
    await syncedMap.sync();
    await syncedMap.sync();
    expect(store.asked.map(({ since }) => since)).toEqual([0, 1, 2]);
  });

  it('queries 2,000 records at a time until there are no more', async () => {
    for (let n = 1; n <= 4_500; n++) await elsewhere(`record-${n}`, n);
    await syncedMap.sync();
    expect(syncedMap.all.size).toBe(4_500);
    expect(store.asked.map(({ since }) => since)).toEqual([0, 2_000, 4_000]);
    expect(new Set(store.asked.map(({ limit }) => limit))).toEqual(new Set([2_000]));
  });

  it('keeps its records while the store is unavailable, and continues from there afterwards', async () => {
    await elsewhere('a', 1);
    await syncedMap.sync();
    await elsewhere('b', 2);
    store.unavailable = true;
    await expect(syncedMap.sync()).rejects.toThrow(StoreUnavailable);
    expect(held()).toEqual({ a: 1 });
    expect(syncedMap.get('a')).toBe(1);
    store.unavailable = false;
    await syncedMap.sync();
    expect(held()).toEqual({ a: 1, b: 2 });
  });

  it('retries a record that could not be applied', async () => {
    let broken = true;
    const seen: string[] = [];
    const wary = new SyncedMap(store, (id) => {
      if (broken && id === 'b') throw new Error('not applied');
      seen.push(id);
    });
    for (const id of ['a', 'b', 'c']) await elsewhere(id, 1);
    await expect(wary.sync()).rejects.toThrow('not applied');
    broken = false;
    await wary.sync();
    expect(seen).toEqual(['a', 'b', 'c']);
  });
});

describe('SyncedMap.change', () => {
  it('returns the new value, and applies it at once with the previous one', async () => {
    expect(await syncedMap.change('a', () => 1)).toBe(1);
    expect(await syncedMap.change('a', (current = 0) => current + 1)).toBe(2);
    expect(await syncedMap.change('a', () => undefined)).toBeUndefined();
    expect(held()).toEqual({});
    expect(applied).toEqual([
      ['a', 1, undefined],
      ['a', 2, 1],
      ['a', undefined, 2],
    ]);
  });

  it('decides on the record in the store, not on the copy in memory', async () => {
    await elsewhere('a', 41);
    expect(await syncedMap.change('a', (current = 0) => current + 1)).toBe(42);
  });

  it('decides when the changes that other instances made are known here', async () => {
    await elsewhere('a', 1);
    await syncedMap.sync();
    await elsewhere('b', 2);
    await elsewhere('a', undefined);
    const seen: object[] = [];
    await syncedMap.change('c', () => {
      seen.push(held());
      return 3;
    });
    expect(seen).toEqual([{ b: 2 }]);
    expect(held()).toEqual({ b: 2, c: 3 });
    expect(applied.map(([id]) => id)).toEqual(['a', 'b', 'a', 'c']);
  });

  it('is not loaded again by the next sync if no other instance changed anything', async () => {
    await syncedMap.change('a', () => 1);
    await syncedMap.change('b', () => 2);
    await syncedMap.sync();
    expect(store.asked.map(({ since }) => since)).toEqual([2]);
  });

  it.each([
    ['the store is unavailable', () => (store.unavailable = true), StoreUnavailable],
    ['decide throws', () => {}, RangeError],
  ])('changes nothing in memory if %s', async (_name, prepare, error) => {
    await syncedMap.change('a', () => 1);
    prepare();
    const refuse = (): never => {
      throw new RangeError('refused');
    };
    await expect(syncedMap.change('a', refuse)).rejects.toThrow(error);
    expect(held()).toEqual({ a: 1 });
    expect(applied).toHaveLength(1);
  });

  it('is not undone by a query that began before it', async () => {
    await elsewhere('a', 1);
    const release = store.hold();
    const syncing = syncedMap.sync();
    await tick();
    const changing = syncedMap.change('a', () => 2);
    release();
    await Promise.all([syncing, changing]);
    expect(held()).toEqual({ a: 2 });
    expect(applied.at(-1)).toEqual(['a', 2, 1]);
  });

  it('succeeds after an earlier one that failed', async () => {
    store.unavailable = true;
    const failing = [syncedMap.change('a', () => 1), syncedMap.sync()];
    expect(await Promise.allSettled(failing)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    store.unavailable = false;
    expect(await syncedMap.change('a', () => 2)).toBe(2);
  });
});

describe('SyncedMap.change with other processes to notify', () => {
  it('notifies them after the change is made, and waits for them', async () => {
    let confirm = (): void => {};
    const seen: unknown[] = [];
    const map = new SyncedMap(store, undefined, () => {
      seen.push(map.get('a'));
      return new Promise<void>((resolve) => (confirm = resolve));
    });
    let done = false;
    const changing = map.change('a', () => 1).then(() => (done = true));
    await tick();
    expect([seen, done]).toEqual([[1], false]);
    // Meanwhile every instance may query the database, this one too.
    await map.sync();
    confirm();
    await changing;
  });

  it('does not notify them of a change that failed', async () => {
    let times = 0;
    const map = new SyncedMap(store, undefined, () => {
      times++;
      return Promise.resolve();
    });
    store.unavailable = true;
    await expect(map.change('a', () => 1)).rejects.toThrow(StoreUnavailable);
    expect(times).toBe(0);
  });
});

describe('SyncedMap.coordinateWith', () => {
  let other: SyncedMap<string>;

  beforeEach(() => {
    other = new SyncedMap(new MemoryRecordStore<string>());
    syncedMap.coordinateWith(other);
  });

  it('lets decisions of either map read both as they are in the stores', async () => {
    await elsewhere('a', 1);
    const seen: unknown[] = [];
    await other.change('b', () => {
      seen.push(syncedMap.get('a'));
      return 'b';
    });
    await elsewhere('a', 2);
    await syncedMap.change('c', () => {
      seen.push(syncedMap.get('a'), other.get('b'));
      return 3;
    });
    expect(seen).toEqual([1, 2, 'b']);
    expect(applied).toEqual([
      ['a', 1, undefined],
      ['a', 2, 1],
      ['c', 3, undefined],
    ]);
  });

  it('ignores a result of the store that is older than what the other map applied', async () => {
    await elsewhere('a', 1);
    const release = store.hold();
    const syncing = syncedMap.sync();
    const changing = elsewhere('a', 2);
    await other.change('b', () => 'b');
    expect(held()).toEqual({ a: 2 });
    release();
    await Promise.all([syncing, changing]);
    expect(held()).toEqual({ a: 2 });
    expect(applied).toEqual([['a', 2, undefined]]);
  });
});

describe('SyncedMap.everHeldRecords', () => {
  it('is false at first', async () => {
    await syncedMap.sync();
    expect(syncedMap.everHeldRecords).toBe(false);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['the store has a record', () => elsewhere('a', 1)],
    ['a record was removed before this instance started', () => elsewhere('a', undefined)],
  ])('is true if %s', async (_name, make) => {
    await make();
    await syncedMap.sync();
    expect(syncedMap.everHeldRecords).toBe(true);
  });

  it('stays true when the last record is removed', async () => {
    await syncedMap.change('a', () => 1);
    await syncedMap.change('a', () => undefined);
    expect(syncedMap.everHeldRecords).toBe(true);
  });
});

type Step = readonly ['here' | 'elsewhere' | 'sync' | 'outage', string, number | undefined];

const steps = fc.array<Step>(
  fc.tuple(
    fc.constantFrom('here', 'elsewhere', 'sync', 'outage'),
    fc.constantFrom('a', 'b', 'c'),
    fc.option(fc.nat(), { nil: undefined }),
  ),
  { maxLength: 30 },
);

it('SyncedMap holds the records of the store after any changes of any instance and any outages', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (made) => {
      const shared = new UnreliableStore<number>();
      const known = new Map<string, number | undefined>();
      const mirror = new SyncedMap(shared, (id, value, previous) => {
        expect(previous).toBe(known.get(id));
        known.set(id, value);
      });
      for (const [what, id, value] of made) {
        if (what === 'elsewhere') await shared.change(id, () => value);
        else if (what === 'here') await mirror.change(id, () => value);
        else if (what === 'sync') await mirror.sync();
        else {
          shared.unavailable = true;
          await mirror.sync().catch(() => {});
          shared.unavailable = false;
        }
      }
      await mirror.sync();
      const all = await shared.changesSince(0, 10);
      const live = all
        .filter((change) => change.value !== undefined)
        .map((change) => [change.id, change.value]);
      expect(Object.fromEntries(mirror.all)).toEqual(Object.fromEntries(live));
    }),
  );
});
