import { describe, expect, it } from '@jest/globals';
import { QueueFull, Semaphore } from '../../../src/concurrency/semaphore.js';

/** A task that ends when it is told to. */
class Task {
  begun = false;
  private end: (error?: Error) => void = () => {};
  readonly run = (): Promise<void> => {
    this.begun = true;
    return new Promise((resolve, reject) => {
      this.end = (error) => (error ? reject(error) : resolve());
    });
  };

  /** @param error it fails with this where given */
  async finish(error?: Error): Promise<void> {
    this.end(error);
    // What waits for its end comes before what is asked for later.
    await new Promise(setImmediate);
  }
}

function taken(turns: Semaphore, count: number): { tasks: Task[]; outcomes: Promise<unknown>[] } {
  const tasks = Array.from({ length: count }, () => new Task());
  const outcomes = tasks.map(({ run }) => turns.run(run).catch((error: unknown) => error));
  return { tasks, outcomes };
}

const begun = (tasks: readonly Task[]): boolean[] => tasks.map((task) => task.begun);

describe('Semaphore', () => {
  it('lets so many run at a time, and others in the order in which they came', async () => {
    const { tasks } = taken(new Semaphore(2, 10), 4);
    expect(begun(tasks)).toEqual([true, true, false, false]);
    await tasks[1]?.finish();
    expect(begun(tasks)).toEqual([true, true, true, false]);
    await tasks[0]?.finish();
    expect(begun(tasks)).toEqual([true, true, true, true]);
  });

  it('gives a turn on where a task fails, and tells who asked', async () => {
    const { tasks, outcomes } = taken(new Semaphore(1, 10), 2);
    const fault = new Error('fault');
    await tasks[0]?.finish(fault);
    expect(begun(tasks)).toEqual([true, true]);
    expect(await outcomes[0]).toBe(fault);
  });

  it('lets nobody ahead of who waits', async () => {
    const turns = new Semaphore(1, 10);
    const { tasks } = taken(turns, 2);
    const late = new Task();
    const first = tasks[0]?.finish();
    void turns.run(late.run);
    await first;
    expect([...begun(tasks), late.begun]).toEqual([true, true, false]);
  });

  it('turns away who would be one too many, and no one once there is room', async () => {
    const turns = new Semaphore(1, 1);
    const { tasks, outcomes } = taken(turns, 3);
    expect(await outcomes[2]).toBeInstanceOf(QueueFull);
    await tasks[0]?.finish();
    const next = new Task();
    const ended = turns.run(next.run);
    await tasks[1]?.finish();
    await next.finish();
    await expect(ended).resolves.toBeUndefined();
    expect(begun(tasks)).toEqual([true, true, false]);
  });

  it('is free again after all have ended', async () => {
    const turns = new Semaphore(2, 0);
    for (let round = 0; round < 3; round++) {
      const { tasks, outcomes } = taken(turns, 3);
      expect(begun(tasks)).toEqual([true, true, false]);
      await Promise.all(tasks.map((task) => task.finish()));
      expect(await Promise.all(outcomes)).toEqual([undefined, undefined, expect.any(QueueFull)]);
    }
  });
});
