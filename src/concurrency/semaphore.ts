/** There are so many that wait that one more would wait too long. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';

  constructor() {
    super('Too many wait already');
  }
}

/** Lets a few tasks run at a time. Others wait in the order in which they came, as long as they are not too many. */
export class Semaphore {
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  /**
   * @param atOnce how many run at a time
   * @param mostWaiting how many may wait besides
   */
  constructor(
    private readonly atOnce: number,
    private readonly mostWaiting: number,
  ) {}

  /** @throws {QueueFull} and what the task throws */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.running < this.atOnce) this.running += 1;
    else await this.turn();
    try {
      return await task();
    } finally {
      // Who waits takes over the turn, so that nobody who comes now gets ahead.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private turn(): Promise<void> {
    if (this.waiting.length >= this.mostWaiting) throw new QueueFull();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
