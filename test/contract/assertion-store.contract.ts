import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AssertionStore } from '../../src/clients/assertion-store.js';
import { StoreUnavailable } from '../../src/sync/record-store.js';
import type { LateCommit } from './late-commit.js';

/** A database that two instances of the service share. */
export interface SharedAssertions {
  /** The stores of two instances, each with its own connection. */
  readonly stores: readonly [AssertionStore, AssertionStore];
  /** Holds the transaction of the first store's next use before its commit. */
  readonly holdNextUse: () => LateCommit;
  /** A store whose database is unavailable. */
  readonly unavailable: () => Promise<AssertionStore>;
  /** Deletes all uses. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

const EXPIRY = 1_800_000_000;

/** The contract of every {@link AssertionStore}. */
export function assertionStoreContract(share: () => Promise<SharedAssertions>): void {
  let shared: SharedAssertions;
  let first: AssertionStore;
  let second: AssertionStore;

  beforeAll(async () => {
    shared = await share();
    [first, second] = shared.stores;
  }, 30_000);
  beforeEach(() => shared.empty());
  afterAll(() => shared.close(), 30_000);

  describe('useOnce', () => {
    it('returns true for the first use only, on any instance', async () => {
      expect(await first.useOnce('a', EXPIRY)).toBe(true);
      expect(await first.useOnce('a', EXPIRY)).toBe(false);
      expect(await second.useOnce('a', EXPIRY)).toBe(false);
      expect(await second.useOnce('a', EXPIRY + 60)).toBe(false);
    });

    it('distinguishes keys by case and accepts keys of 64 characters', async () => {
      for (const key of ['abc', 'ABC', '-_', '_-', 'x'.repeat(64), 'X'.repeat(64)])
        expect([key, await first.useOnce(key, EXPIRY)]).toEqual([key, true]);
    });

    it('returns true for exactly one of 20 concurrent uses on two instances', async () => {
      for (let round = 0; round < 3; round++) {
        const uses = await Promise.all(
          Array.from({ length: 20 }, (_, i) => (i % 2 ? first : second).useOnce(`key-${round}`, EXPIRY)),
        );
        expect(uses.filter((isFirst) => isFirst)).toHaveLength(1);
      }
    });

    it('waits for an uncommitted use on another instance, then returns false', async () => {
      const held = shared.holdNextUse();
      const late = first.useOnce('a', EXPIRY);
      await held.carriedOut;
      const next = second.useOnce('a', EXPIRY);
      held.commit();
      expect(await Promise.all([late, next])).toEqual([true, false]);
    });

    it('throws StoreUnavailable if the database is unavailable', async () => {
      const unavailable = await shared.unavailable();
      await expect(unavailable.useOnce('a', EXPIRY)).rejects.toBeInstanceOf(StoreUnavailable);
      await expect(unavailable.deleteExpired(0)).rejects.toBeInstanceOf(StoreUnavailable);
      expect(await first.useOnce('a', EXPIRY)).toBe(true);
    });
  });

  describe('deleteExpired', () => {
    it('deletes only the uses that expire by the given time', async () => {
      await first.useOnce('a', 99);
      await first.useOnce('b', 100);
      await first.useOnce('c', 101);
      await second.deleteExpired(100);
      expect([
        await second.useOnce('a', EXPIRY),
        await second.useOnce('b', EXPIRY),
        await second.useOnce('c', EXPIRY),
      ]).toEqual([true, true, false]);
    });
  });
}
