import { setImmediate as nextTick } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Mirror, RecordChange, RecordStore } from '../../src/sync/record-store.js';
import type { LateCommit } from './late-commit.js';

/** The value of a record in these tests. */
export type Document = Readonly<Record<string, unknown>>;

/** A database that three instances of the service share. */
export interface SharedRecords {
  /** The stores of three instances, each with its own connection. */
  readonly stores: readonly [RecordStore<Document>, RecordStore<Document>, RecordStore<Document>];
  /** Holds the next change of the first store; omitted if a change is committed immediately. */
  readonly holdNextChange?: () => LateCommit;
  /** Removes all records and resets the revision to 0. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** The contract of every {@link RecordStore}. */
export function recordStoreContract(
  share: () => Promise<SharedRecords>,
  { commitsAtOnce = false }: { readonly commitsAtOnce?: boolean } = {},
): void {
  let shared: SharedRecords;
  let first: RecordStore<Document>;
  let second: RecordStore<Document>;
  let third: RecordStore<Document>;

  beforeAll(async () => {
    shared = await share();
  });
  beforeEach(async () => {
    await shared.empty();
    [first, second, third] = shared.stores;
  });
  afterAll(() => shared.close());

  const put = (id: string, value: Document, store = first): Promise<RecordChange<Document>> =>
    store.change(id, () => value);
  const remove = (id: string): Promise<RecordChange<Document>> => first.change(id, () => undefined);

  /** The record as a change on another instance receives it; the record stays unchanged. */
  async function read(id: string, store = second): Promise<Document | undefined> {
    const seen: (Document | undefined)[] = [];
    const looked = new Error('looked');
    await store
      .change(id, (current) => {
        seen.push(current);
        throw looked;
      })
      .catch((error: unknown) => {
        if (error !== looked) throw error;
      });
    return seen.at(-1);
  }

  describe('change', () => {
    it('creates a record that did not exist', async () => {
      const seen: unknown[] = [];
      const change = await first.change('a', (current) => {
        seen.push(current);
        return { n: 1 };
      });
      expect(change).toEqual({ id: 'a', revision: 1, value: { n: 1 } });
      expect(seen).toEqual([undefined]);
      expect(await second.changesSince(0, 10)).toEqual([change]);
    });

    it('receives the record as another instance left it and replaces it', async () => {
      await put('a', { n: 1, extra: true });
      const change = await second.change('a', (current) => ({ n: Number(current?.['n']) + 1 }));
      expect(change).toEqual({ id: 'a', revision: 2, value: { n: 2 } });
      expect(await read('a', first)).toEqual({ n: 2 });
    });

    it('brings mirrors up to date before the decision', async () => {
      await put('a', { n: 1 });
      await put('b', { n: 2 }, second);
      await remove('a');
      const seen = async (revision: number): Promise<readonly RecordChange<unknown>[]> => {
        const missed: RecordChange<unknown>[] = [];
        const mirror: Mirror = { store: third, revision, apply: (change) => void missed.push(change) };
        let atDecision: readonly RecordChange<unknown>[] = [];
        const decide = (): Document => {
          atDecision = [...missed];
          return {};
        };
        await third.change('c', decide, { mirrors: [mirror] });
        return atDecision;
      };
      expect(await seen(0)).toEqual([
        { id: 'b', revision: 2, value: { n: 2 } },
        { id: 'a', revision: 3, value: undefined },
      ]);
      expect(await seen(3)).toEqual([{ id: 'c', revision: 4, value: {} }]);
      expect(await seen(5)).toEqual([]);
    });

    it('rejects with the error of a mirror and changes nothing', async () => {
      await put('a', { n: 1 });
      const failure = new RangeError('cannot apply');
      const apply = (): never => {
        throw failure;
      };
      const mirrors = [{ store: first, revision: 0, apply }];
      await expect(first.change('b', () => ({}), { mirrors })).rejects.toBe(failure);
      expect(await third.changesSince(0, 10)).toEqual([{ id: 'a', revision: 1, value: { n: 1 } }]);
    });

    it('removes a record, which can be created again', async () => {
      await put('a', { n: 1 });
      expect(await remove('a')).toEqual({ id: 'a', revision: 2, value: undefined });
      expect(await read('a')).toBeUndefined();
      await put('a', { n: 3 });
      expect(await read('a')).toEqual({ n: 3 });
    });

    it('passes wasRemoved for a removed record, on every instance', async () => {
      const seen: unknown[] = [];
      const look = async (id: string, store: RecordStore<Document>): Promise<void> => {
        await store.change(id, (current, wasRemoved) => {
          seen.push([current, wasRemoved]);
          return current;
        });
      };
      await look('never', second);
      await put('a', { n: 1 });
      await look('a', second);
      await remove('a');
      for (const store of [first, second, third]) await look('a', store);
      await put('a', { n: 2 });
      await look('a', third);
      const removed = [undefined, true];
      expect(seen).toEqual([
        [undefined, false],
        [{ n: 1 }, false],
        removed,
        removed,
        removed,
        [{ n: 2 }, false],
      ]);
    });

    it('rejects with the error that the callback throws and changes nothing', async () => {
      await put('a', { n: 1 });
      const refusal = new RangeError('too many');
      const refuse = (): never => {
        throw refusal;
      };
      await expect(first.change('a', refuse)).rejects.toBe(refusal);
      await expect(second.change('b', refuse)).rejects.toBe(refusal);
      expect(await third.changesSince(0, 10)).toEqual([{ id: 'a', revision: 1, value: { n: 1 } }]);
    });

    it.each<[string, Document]>([
      ['an empty object', {}],
      ['200 KB', { text: 'x'.repeat(200_000) }],
      ['200 KB of emoji', { text: '🪪'.repeat(50_000) }],
      ['SQL quotes and escapes', { text: `'; DROP TABLE identity_client; -- \\' \\\\ " $1 ? :id %s \`` }],
      [
        'control characters, line ends and a lone surrogate',
        { text: '\u0000\b\r\n\u2028\ud800', '\u0000': '' },
      ],
      ['numbers at full precision', { list: [Number.MAX_SAFE_INTEGER, 1e-7, 0.1 + 0.2, -5e300] }],
      ['nested lists and nulls', { list: [null, [], [[{ a: null, b: [false] }]], {}] }],
      [
        'composed and decomposed letters, and spaces',
        { composed: '\u00e9', decomposed: 'e\u0301', blanks: ' a  ' },
      ],
    ])('stores a document unchanged: %s', async (_name, value) => {
      await put('a', value);
      expect(await read('a')).toEqual(value);
      expect((await third.changesSince(0, 1))[0]?.value).toEqual(value);
    });

    it.each([
      ['case', 'a', 'A'],
      ['a leading space', 'a', ' a'],
      ['an accent', 'e', 'é'],
      ['composition', '\u00e9', 'e\u0301'],
      ['width', 'a', '\uff41'],
      ['a zero-width character', 'a', 'a\u200b'],
      ['letters that some collations treat as equal', 'ss', 'ß'],
      ['a supplementary character', '🪪', '🪫'],
    ])('distinguishes IDs that differ by %s', async (_name, one, other) => {
      await put(one, { name: 'one' });
      expect(await read(other)).toBeUndefined();
      await put(other, { name: 'other' });
      expect([await read(one), await read(other)]).toEqual([{ name: 'one' }, { name: 'other' }]);
    });

    it('accepts an ID of 128 characters', async () => {
      const name = 'é'.repeat(128);
      await put(name, { n: 1 });
      expect((await second.changesSince(0, 1))[0]?.id).toBe(name);
    });
  });

  describe('revisions', () => {
    it('grow by one across all records, even if a change in between is refused', async () => {
      const revisions: number[] = [];
      for (const id of ['a', 'b', 'a', 'c', 'b']) {
        revisions.push((await put(id, { id })).revision);
        await read(id);
      }
      revisions.push((await remove('c')).revision);
      expect(revisions).toEqual([1, 2, 3, 4, 5, 6]);
    });

    it('have no gap when two instances make 50 changes at once, and no change is lost', async () => {
      const changes = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          (i % 2 ? first : second).change(`record-${i % 5}`, (current) => ({
            n: Number(current?.['n'] ?? 0) + 1,
          })),
        ),
      );
      expect(changes.map(({ revision }) => revision).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 50 }, (_, i) => i + 1),
      );
      const records = await third.changesSince(0, 10);
      expect(records.map(({ value }) => value)).toEqual(Array.from({ length: 5 }, () => ({ n: 10 })));
    });
  });

  describe('changesSince', () => {
    it('returns the latest change of each record, oldest first, including removals', async () => {
      for (const [id, n] of [
        ['b', 1],
        ['a', 2],
        ['c', 3],
        ['b', 4],
      ] as const) {
        await put(id, { n });
      }
      await remove('a');
      const changes = [
        { id: 'c', revision: 3, value: { n: 3 } },
        { id: 'b', revision: 4, value: { n: 4 } },
        { id: 'a', revision: 5, value: undefined },
      ];
      expect(await second.changesSince(0, 10)).toEqual(changes);
      expect(await second.changesSince(3, 10)).toEqual(changes.slice(1));
      expect(await second.changesSince(0, 2)).toEqual(changes.slice(0, 2));
      expect(await second.changesSince(4, 1)).toEqual(changes.slice(2));
      expect(await second.changesSince(5, 10)).toEqual([]);
      expect(await second.changesSince(1_000, 10)).toEqual([]);
    });

    it('orders revisions numerically', async () => {
      for (let n = 1; n <= 12; n++) await put(`record-${n}`, { n });
      expect((await second.changesSince(0, 20)).map(({ revision }) => revision)).toEqual(
        Array.from({ length: 12 }, (_, i) => i + 1),
      );
    });

    it('misses no change when it is polled while others write', async () => {
      const writing = Promise.all(
        Array.from({ length: 30 }, (_, i) => put(`record-${i}`, { i }, i % 2 ? first : second)),
      );
      let written = false;
      void writing.then(() => (written = true));
      const seen: number[] = [];
      for (let last = false; !last;) {
        last = written;
        const changes = await third.changesSince(seen.at(-1) ?? 0, 7);
        seen.push(...changes.map(({ revision }) => revision));
        last &&= changes.length === 0;
        // The SQLite driver is synchronous: without a tick in between, the writers would never run.
        await nextTick();
      }
      await writing;
      expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    });

    (commitsAtOnce ? it.skip : it)('misses no change that commits late', async () => {
      const held = shared.holdNextChange?.();
      if (!held) throw new Error('The store cannot hold a change');
      const late = put('late', {}, first);
      await held.carriedOut;
      const next = put('next', {}, second);
      // Long enough for the second change to commit if it did not wait for the first.
      for (let i = 0; i < 50; i++) expect(await third.changesSince(0, 10)).toEqual([]);
      held.commit();
      const [{ revision: lateRevision }, { revision: nextRevision }] = await Promise.all([late, next]);
      expect(nextRevision).toBe(lateRevision + 1);
      expect((await third.changesSince(0, 10)).map(({ id }) => id)).toEqual(['late', 'next']);
    });
  });
}
