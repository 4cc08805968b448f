/** Runs tasks one after another, in the order in which they were submitted. */
export class SerialQueue {
  private last: Promise<unknown> | undefined;

  /**
   * @param failsWaiting whether a failure also fails every task that waits, without running it: if a store is
   *   unavailable, each would wait for the same answer for as long again. By default a task fails alone.
   */
  constructor(private readonly failsWaiting: (cause: unknown) => boolean = () => false) {}

  /** Starts the task at once if no other runs. */
  run<R>(task: () => Promise<R>): Promise<R> {
    const result = this.last ? this.after(this.last, task) : start(task);
    const settled = (): void => {
      if (this.last === result) this.last = undefined;
    };
    result.then(settled, settled);
    this.last = result;
    return result;
  }

  private after<R>(previous: Promise<unknown>, task: () => Promise<R>): Promise<R> {
    return previous.then(task, (cause: unknown) => {
      if (this.failsWaiting(cause)) throw cause;
      return task();
    });
  }
}

/** A task that throws before it returns a promise rejects like any other. */
async function start<R>(task: () => Promise<R>): Promise<R> {
  return task();
}
