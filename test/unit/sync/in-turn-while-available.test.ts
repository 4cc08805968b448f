import { describe, expect, it } from '@jest/globals';
import { serialWhileAvailable } from '../../../src/sync/in-turn-while-available.js';
import { StoreUnavailable } from '../../../src/sync/record-store.js';

/** Something that runs until it is told how it ends. */
class Work {
  begun = false;
  private settle: { resolve: (value: string) => void; reject: (cause: unknown) => void } | undefined;

  readonly act = (): Promise<string> => {
    this.begun = true;
    return new Promise((resolve, reject) => (this.settle = { resolve, reject }));
  };

  succeed(value: string): void {
    this.settle?.resolve(value);
  }

  fail(cause: unknown): void {
    this.settle?.reject(cause);
  }
}

const rest = (): Promise<void> => new Promise(setImmediate);
const away = new StoreUnavailable(new Error('away'));

describe('serialWhileAvailable', () => {
  it('begins at once where nothing runs, and the next when it has ended', async () => {
    const run = serialWhileAvailable();
    const [first, second] = [new Work(), new Work()];
    const outcomes = [run(first.act), run(second.act)];
    await rest();
    expect([first.begun, second.begun]).toEqual([true, false]);
    first.succeed('1');
    await rest();
    expect(second.begun).toBe(true);
    second.succeed('2');
    expect(await Promise.all(outcomes)).toEqual(['1', '2']);
  });

  it('goes on after one that fails by itself', async () => {
    const run = serialWhileAvailable();
    const [first, second] = [new Work(), new Work()];
    const outcomes = Promise.allSettled([run(first.act), run(second.act)]);
    first.fail(new Error('refused'));
    await rest();
    second.succeed('2');
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('tells all that wait that the store is unavailable, and begins none of them', async () => {
    const run = serialWhileAvailable();
    const works = [new Work(), new Work(), new Work()];
    const outcomes = Promise.allSettled(works.map(({ act }) => run(act)));
    works[0]?.fail(away);
    expect(await outcomes).toEqual(works.map(() => ({ status: 'rejected', reason: away })));
    expect(works.map(({ begun }) => begun)).toEqual([true, false, false]);
  });

  it('asks the store again for who comes later', async () => {
    const run = serialWhileAvailable();
    const [first, second, later] = [new Work(), new Work(), new Work()];
    const outcomes = Promise.allSettled([run(first.act), run(second.act)]);
    first.fail(away);
    await outcomes;
    const outcome = run(later.act);
    expect(later.begun).toBe(true);
    later.succeed('3');
    expect(await outcome).toBe('3');
  });
});
