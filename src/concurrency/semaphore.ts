/** The queue of a {@link Semaphore} is full: one more task would wait too long. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';

  constructor() {
    super('The queue is full');
  }
}

/** Limits how many tasks run at a time. Others wait in a bounded queue, first in, first out. */
export class Semaphore {
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  /**
   * @param maxRunning how many tasks run at a time
   * @param maxWaiting how many more may wait
   */
  constructor(
    private readonly maxRunning: number,
    private readonly maxWaiting: number,
  ) {}

  /**
   * Runs a task as soon as fewer than `maxRunning` are running. Its errors are rethrown.
   *
   * @throws {QueueFull} if `maxWaiting` tasks are waiting already
   */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.running < this.maxRunning) this.running += 1;
    else await this.wait();
    try {
      return await task();
    } finally {
      // The next task takes over the permit, so that a task that arrives now cannot overtake it.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private wait(): Promise<void> {
    if (this.waiting.length >= this.maxWaiting) throw new QueueFull();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
