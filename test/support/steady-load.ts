import { setTimeout as delay } from 'node:timers/promises';

/** Callers that act repeatedly, each with a pause in between, until they are stopped. */
export class SteadyLoad {
  private isStopped = false;
  private failure: Error | undefined;
  private readonly callers: Promise<void>[] = [];

  /** @param act called repeatedly; an error ends all callers, and {@link stop} and {@link check} throw it */
  add(pauseMs: number, act: () => Promise<void>): void {
    const caller = async (): Promise<void> => {
      while (!this.isStopped) {
        await act();
        await delay(pauseMs);
      }
    };
    this.callers.push(
      caller().catch((error: unknown) => {
        this.failure ??= error instanceof Error ? error : new Error(String(error));
        this.isStopped = true;
      }),
    );
  }

  /** Waits; throws early if a caller has failed. */
  async continueFor(milliseconds: number): Promise<void> {
    const end = Date.now() + milliseconds;
    while (Date.now() < end) {
      this.check();
      await delay(50);
    }
  }

  check(): void {
    if (this.failure) throw this.failure;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.callers);
    this.check();
  }
}
