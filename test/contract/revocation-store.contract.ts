import { setImmediate as nextTick } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '../../src/sync/record-store.js';
import type {
  RecordedRevocation,
  Revocation,
  RevocationStore,
} from '../../src/revocation/revocation-store.js';
import type { LateCommit } from './late-commit.js';

/** A database that three instances of the service share. */
export interface SharedRevocations {
  /** The stores of three instances, each with its own connection. */
  readonly stores: readonly [RevocationStore, RevocationStore, RevocationStore];
  /** Holds the next transaction of the first store; omitted if an added revocation is visible immediately. */
  readonly holdNextAdd?: () => LateCommit;
  /** A store whose database is unavailable; omitted if that is impossible. */
  readonly unavailable?: () => Promise<RevocationStore>;
  /** Removes all revocations and resets the revision to 0. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

const EXPIRY = 1_800_000_000;
const revocation = (key: string, expiresAt = EXPIRY): Revocation => ({ key, expiresAt });
const several = (prefix: string, count: number, expiresAt = EXPIRY): Revocation[] =>
  Array.from({ length: count }, (_, i) => revocation(`${prefix}-${i}`, expiresAt));
const keysOf = (revocations: readonly Revocation[]): string[] => revocations.map(({ key }) => key);

/** The contract of every {@link RevocationStore}. */
export function revocationStoreContract(
  share: () => Promise<SharedRevocations>,
  { inDatabase }: { readonly inDatabase: boolean },
): void {
  let shared: SharedRevocations;
  let first: RevocationStore;
  let second: RevocationStore;
  let third: RevocationStore;

  beforeAll(async () => {
    shared = await share();
    [first, second, third] = shared.stores;
  }, 30_000);
  beforeEach(() => shared.empty());
  afterAll(() => shared.close(), 30_000);

  /** All revocations after a revision, fetched page by page as an instance does. */
  async function all(store = third, since = 0, limit = 1_000): Promise<RecordedRevocation[]> {
    const seen: RecordedRevocation[] = [];
    for (;;) {
      const next = await store.since(seen.at(-1)?.revision ?? since, limit);
      seen.push(...next);
      if (next.length < limit) return seen;
    }
  }

  describe('add', () => {
    it('stores revocations unchanged and in order, for every instance', async () => {
      await first.add([revocation('b', 10), revocation('a', 4_102_444_800)]);
      await second.add([revocation('c', 20)]);
      const kept = [
        { key: 'b', expiresAt: 10, revision: 1 },
        { key: 'a', expiresAt: 4_102_444_800, revision: 2 },
        { key: 'c', expiresAt: 20, revision: 3 },
      ];
      for (const store of [first, second, third]) expect(await store.since(0, 10)).toEqual(kept);
    });

    it('leaves an existing revocation unchanged, whichever instance adds it again', async () => {
      await first.add([revocation('a')]);
      await second.add([revocation('a')]);
      await first.add([revocation('b'), revocation('a'), revocation('c')]);
      const found = await all();
      expect(keysOf(found)).toEqual(['a', 'b', 'c']);
      expect(found[0]?.revision).toBe(1);
    });

    it('keeps the later expiry, under a new revision', async () => {
      await first.add([revocation('a', 10), revocation('b', 20)]);
      await second.add([revocation('a', 5), revocation('b', 30)]);
      expect(await all()).toEqual([
        { key: 'a', expiresAt: 10, revision: 1 },
        { key: 'b', expiresAt: 30, revision: 4 },
      ]);
      await first.add([revocation('c', 1), revocation('c', 3), revocation('c', 2)]);
      expect(await all(third, 4)).toEqual([{ key: 'c', expiresAt: 3, revision: expect.any(Number) }]);
      await Promise.all([first.add([revocation('d', 7)]), second.add([revocation('d', 8)])]);
      await third.deleteExpired(7);
      const left = (await all()).map(({ key, expiresAt }) => [key, expiresAt]);
      expect(left.sort()).toEqual([
        ['a', 10],
        ['b', 30],
        ['d', 8],
      ]);
    });

    it('accepts the same revocation twice, in one call or concurrently', async () => {
      await first.add([revocation('a'), revocation('b'), revocation('a')]);
      expect(keysOf(await all()).sort()).toEqual(['a', 'b']);
      await Promise.all([first.add([revocation('c')]), second.add([revocation('c')])]);
      expect(keysOf(await all()).sort()).toEqual(['a', 'b', 'c']);
    });

    it('distinguishes keys by case and accepts keys of 64 characters', async () => {
      const keys = ['abc', 'ABC', 'aBc', '-_', '_-', 'x'.repeat(64), 'X'.repeat(64)];
      await first.add(keys.map((key) => revocation(key)));
      expect(keysOf(await all())).toEqual(keys);
    });

    it('accepts more revocations than one statement can hold', async () => {
      const many = several('many', 1_201);
      await first.add(many);
      expect(keysOf(await all())).toEqual(keysOf(many));
    });
  });

  describe('since', () => {
    it('returns at most the given number, in numeric order of their revisions', async () => {
      for (let i = 0; i < 12; i++) await first.add([revocation(`key-${i}`)]);
      const pages = [await second.since(0, 5), await second.since(5, 5), await second.since(10, 5)];
      expect(pages.map((page) => page.map(({ revision }) => revision))).toEqual([
        [1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10],
        [11, 12],
      ]);
      expect(await second.since(12, 5)).toEqual([]);
      expect(await second.since(1_000_000, 5)).toEqual([]);
    });

    it('misses none of 1000 revocations that two instances add while it is polled', async () => {
      const parts = Array.from({ length: 100 }, (_, i) => several(`part-${i}`, 10));
      // If all parts waited for a connection at once, some would time out on a busy machine.
      const write = async (lane: number): Promise<void> => {
        for (let i = lane; i < parts.length; i += 8) await (i % 2 ? first : second).add(parts[i] ?? []);
      };
      let written = false;
      const writing = Promise.all(Array.from({ length: 8 }, (_, lane) => write(lane))).finally(
        () => (written = true),
      );
      const seen: RecordedRevocation[] = [];
      for (let last = false; !last;) {
        // The SQLite driver is synchronous: without a tick in between, the writers would never run.
        await new Promise(setImmediate);
        last = written;
        const next = await third.since(seen.at(-1)?.revision ?? 0, 77);
        seen.push(...next);
        last &&= next.length === 0;
        // Unless timers run, a writer that found the file busy waits forever.
        await nextTick();
      }
      await writing;
      expect(keysOf(seen).sort()).toEqual(keysOf(parts.flat()).sort());
      expect(seen.map(({ revision }) => revision)).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 1));
    }, 30_000);

    (inDatabase ? it : it.skip)('misses none whose transaction commits late', async () => {
      const held = shared.holdNextAdd?.();
      if (!held) throw new Error('The store cannot hold a transaction');
      const late = first.add([revocation('late')]);
      await held.carriedOut;
      let isAdded = false;
      const next = second.add([revocation('next')]).then(() => (isAdded = true));
      // Long enough for the second one to commit if it did not wait for the first.
      for (let i = 0; i < 50; i++) {
        expect(await third.since(0, 10)).toEqual([]);
        await nextTick();
      }
      expect(isAdded).toBe(false);
      held.commit();
      await Promise.all([late, next]);
      expect(keysOf(await third.since(0, 10))).toEqual(['late', 'next']);
    });
  });

  describe('deleteExpired', () => {
    it('deletes only the revocations that expire by the given time', async () => {
      await first.add([revocation('a', 99), revocation('b', 100), revocation('c', 101)]);
      await second.deleteExpired(100);
      expect(keysOf(await all())).toEqual(['c']);
      await second.deleteExpired(100);
      expect(keysOf(await all())).toEqual(['c']);
    });

    it('deletes any number of revocations over repeated calls', async () => {
      await first.add(several('old', 1_200, 10));
      await first.add([revocation('new', 20)]);
      for (let i = 0; i < 3; i++) await second.deleteExpired(10);
      expect(keysOf(await all())).toEqual(['new']);
    });

    it('can run on two instances at once', async () => {
      await first.add(several('old', 700, 10));
      await Promise.all([first.deleteExpired(10), second.deleteExpired(10)]);
      await first.deleteExpired(10);
      expect(await all()).toEqual([]);
    });

    it('does not reuse the revisions of deleted revocations', async () => {
      await first.add([revocation('a', 10), revocation('b', 10)]);
      const { revision = 0 } = (await all()).at(-1) ?? {};
      await first.deleteExpired(10);
      await second.add([revocation('a', 20)]);
      expect(await all(third, revision)).toEqual([{ key: 'a', expiresAt: 20, revision: expect.any(Number) }]);
    });
  });

  (inDatabase ? it : it.skip)('throws StoreUnavailable if the database is unavailable', async () => {
    const unavailable = await shared.unavailable?.();
    await expect(unavailable?.add([revocation('a')])).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(unavailable?.since(0, 1)).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(unavailable?.deleteExpired(0)).rejects.toBeInstanceOf(StoreUnavailable);
  });
}
