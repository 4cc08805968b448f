/** Runs tasks one after another, in the order in which they were submitted. */
export class SerialQueue {
  private last: Promise<unknown> | undefined;

  /**
   * @param failsWaitingTasks whether an error also fails the tasks that wait, without running them: while a
   *   store is unavailable, each of them would wait for the same error for as long again. Default: only the
   *   task itself fails.
   */
  constructor(private readonly failsWaitingTasks: (cause: unknown) => boolean = () => false) {}

  /** Runs a task after all earlier ones; at once if there are none. Its errors are rethrown. */
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
      if (this.failsWaitingTasks(cause)) throw cause;
      return task();
    });
  }
}

/** Turns an exception that a task throws synchronously into a rejection. */
async function start<R>(task: () => Promise<R>): Promise<R> {
  return task();
}
