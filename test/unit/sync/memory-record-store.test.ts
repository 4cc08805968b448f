import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryRecordStore } from '../../support/memory-record-store.js';

interface Act {
  readonly id: string;
  readonly value: number | undefined;
}

const acts = fc.array(
  fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    value: fc.option(fc.integer(), { nil: undefined }),
  }),
  { maxLength: 20 },
);

/** The expected changes: the last one of each record, in the order in which they were made. */
function latest(
  made: readonly Act[],
): readonly { id: string; revision: number; value: number | undefined }[] {
  return made
    .map(({ id, value }, i) => ({ id, revision: i + 1, value }))
    .filter(({ id }, i) => !made.slice(i + 1).some((later) => later.id === id));
}

// The whole contract is in test/contract/record-store.contract.ts.
describe('MemoryRecordStore', () => {
  it('returns the last change of each record after any revision, in pages of any size', async () => {
    await fc.assert(
      fc.asyncProperty(acts, fc.nat(25), fc.integer({ min: 1, max: 5 }), async (made, since, limit) => {
        const store = new MemoryRecordStore<number>();
        for (const { id, value } of made) await store.change(id, () => value);
        const expected = latest(made).filter(({ revision }) => revision > since);
        expect(await store.changesSince(since, limit)).toEqual(expected.slice(0, limit));
      }),
    );
  });

  it('rejects with what decide throws, and does not throw it synchronously', async () => {
    const refusal = new Error('refused');
    const change = new MemoryRecordStore<number>().change('a', () => {
      throw refusal;
    });
    await expect(change).rejects.toBe(refusal);
  });

  it('calls decide before it returns its promise, so that concurrent changes do not interleave', async () => {
    const store = new MemoryRecordStore<number>();
    const increment = (current = 0): number => current + 1;
    const made = await Promise.all(Array.from({ length: 10 }, () => store.change('a', increment)));
    expect(made.map(({ value }) => value)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
