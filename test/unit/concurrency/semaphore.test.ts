import { describe, expect, it } from '@jest/globals';
import { QueueFull, Semaphore } from '../../../src/concurrency/semaphore.js';

/** A task that runs until the test settles it. */
class Task {
  begun = false;
  private end: (error?: Error) => void = () => {};
  readonly run = (): Promise<void> => {
    this.begun = true;
    return new Promise((resolve, reject) => {
      this.end = (error) => (error ? reject(error) : resolve());
    });
  };

  /** @param error rejects the task, if given */
  async finish(error?: Error): Promise<void> {
    this.end(error);
    // Lets the tasks that waited for this one begin.
    await new Promise(setImmediate);
  }
}

function run(semaphore: Semaphore, count: number): { tasks: Task[]; outcomes: Promise<unknown>[] } {
  const tasks = Array.from({ length: count }, () => new Task());
  const outcomes = tasks.map(({ run }) => semaphore.run(run).catch((error: unknown) => error));
  return { tasks, outcomes };
}

const begun = (tasks: readonly Task[]): boolean[] => tasks.map((task) => task.begun);

describe('Semaphore', () => {
  it('runs a limited number of tasks at a time, and the others in order of arrival', async () => {
    const { tasks } = run(new Semaphore(2, 10), 4);
    expect(begun(tasks)).toEqual([true, true, false, false]);
    await tasks[1]?.finish();
    expect(begun(tasks)).toEqual([true, true, true, false]);
    await tasks[0]?.finish();
    expect(begun(tasks)).toEqual([true, true, true, true]);
  });

  it('passes on the permit of a failed task and rejects with its error', async () => {
    const { tasks, outcomes } = run(new Semaphore(1, 10), 2);
    const fault = new Error('fault');
    await tasks[0]?.finish(fault);
    expect(begun(tasks)).toEqual([true, true]);
    expect(await outcomes[0]).toBe(fault);
  });

  it('runs a waiting task before one that arrives later', async () => {
    const semaphore = new Semaphore(1, 10);
    const { tasks } = run(semaphore, 2);
    const late = new Task();
    const first = tasks[0]?.finish();
    void semaphore.run(late.run);
    await first;
    expect([...begun(tasks), late.begun]).toEqual([true, true, false]);
  });

  it('rejects a task with QueueFull if the queue is full, and accepts one once there is room', async () => {
    const semaphore = new Semaphore(1, 1);
    const { tasks, outcomes } = run(semaphore, 3);
    expect(await outcomes[2]).toBeInstanceOf(QueueFull);
    await tasks[0]?.finish();
    const next = new Task();
    const ended = semaphore.run(next.run);
    await tasks[1]?.finish();
    await next.finish();
    await expect(ended).resolves.toBeUndefined();
    expect(begun(tasks)).toEqual([true, true, false]);
  });

  it('has all its permits again after all tasks have settled', async () => {
    const semaphore = new Semaphore(2, 0);
    for (let round = 0; round < 3; round++) {
      const { tasks, outcomes } = run(semaphore, 3);
      expect(begun(tasks)).toEqual([true, true, false]);
      await Promise.all(tasks.map((task) => task.finish()));
      expect(await Promise.all(outcomes)).toEqual([undefined, undefined, expect.any(QueueFull)]);
    }
  });
});
