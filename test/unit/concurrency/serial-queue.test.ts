import { describe, expect, it } from '@jest/globals';
import { inTurn } from '../../../src/concurrency/serial-queue.js';

describe('inTurn', () => {
  it('runs one after another what is asked for at once', async () => {
    const taking = inTurn();
    const seen: string[] = [];
    const act = async (name: string): Promise<string> => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
      return name;
    };
    expect(await Promise.all(['a', 'b', 'c'].map((name) => taking(() => act(name))))).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('goes on after one that failed, which fails alone', async () => {
    const taking = inTurn();
    const outcomes = await Promise.allSettled([
      taking(() => Promise.reject(new Error('rejected'))),
      taking(() => {
        throw new Error('thrown');
      }),
      taking(() => Promise.resolve('done')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });

  it('keeps two lines apart', async () => {
    let release = (): void => {};
    const blocked = inTurn()(() => new Promise<void>((resolve) => (release = resolve)));
    expect(await inTurn()(() => Promise.resolve('done'))).toBe('done');
    release();
    await blocked;
  });
});
