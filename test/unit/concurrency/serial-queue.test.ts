import { describe, expect, it } from '@jest/globals';
import { SerialQueue } from '../../../src/concurrency/serial-queue.js';

/** A task that runs until the test settles it. */
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
class Unavailable extends Error {}
const unavailable = new Unavailable();
const waitingFail = (): SerialQueue => new SerialQueue((cause) => cause instanceof Unavailable);

describe('SerialQueue', () => {
  it('runs tasks one after another', async () => {
    const queue = new SerialQueue();
    const seen: string[] = [];
    const act = async (name: string): Promise<string> => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
      return name;
    };
    expect(await Promise.all(['a', 'b', 'c'].map((name) => queue.run(() => act(name))))).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('continues after a failed task without failing the others', async () => {
    const queue = new SerialQueue();
    const outcomes = await Promise.allSettled([
      queue.run(() => Promise.reject(new Error('rejected'))),
      queue.run(() => {
        throw new Error('thrown');
      }),
      queue.run(() => Promise.resolve('done')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });

  it('does not wait for another queue', async () => {
    let release = (): void => {};
    const blocked = new SerialQueue().run(() => new Promise<void>((resolve) => (release = resolve)));
    expect(await new SerialQueue().run(() => Promise.resolve('done'))).toBe('done');
    release();
    await blocked;
  });
});

describe('SerialQueue that fails waiting tasks', () => {
  it('starts a task at once if none runs, and the next once it has settled', async () => {
    const queue = waitingFail();
    const [first, second] = [new Work(), new Work()];
    const outcomes = [queue.run(first.act), queue.run(second.act)];
    await rest();
    expect([first.begun, second.begun]).toEqual([true, false]);
    first.succeed('1');
    await rest();
    expect(second.begun).toBe(true);
    second.succeed('2');
    expect(await Promise.all(outcomes)).toEqual(['1', '2']);
  });

  it('continues after any other failure', async () => {
    const queue = waitingFail();
    const [first, second] = [new Work(), new Work()];
    const outcomes = Promise.allSettled([queue.run(first.act), queue.run(second.act)]);
    first.fail(new Error('refused'));
    await rest();
    second.succeed('2');
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('rejects all waiting tasks with the same error and runs none of them', async () => {
    const queue = waitingFail();
    const works = [new Work(), new Work(), new Work()];
    const outcomes = Promise.allSettled(works.map(({ act }) => queue.run(act)));
    works[0]?.fail(unavailable);
    expect(await outcomes).toEqual(works.map(() => ({ status: 'rejected', reason: unavailable })));
    expect(works.map(({ begun }) => begun)).toEqual([true, false, false]);
  });

  it('runs a task that arrives after the failure', async () => {
    const queue = waitingFail();
    const [first, second, later] = [new Work(), new Work(), new Work()];
    const outcomes = Promise.allSettled([queue.run(first.act), queue.run(second.act)]);
    first.fail(unavailable);
    await outcomes;
    const outcome = queue.run(later.act);
    expect(later.begun).toBe(true);
    later.succeed('3');
    expect(await outcome).toBe('3');
  });
});
