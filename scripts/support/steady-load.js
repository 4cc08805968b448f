import { setTimeout as delay } from 'node:timers/promises';

/** Callers that act again and again, each with a pause between, until they are told to stop. */
export class SteadyLoad {
  #stopped = false;
  #failure;
  #running = [];

  /** @param act is called again and again; what it throws ends all, and is thrown by {@link stop} and {@link check} */
  add(pause, act) {
    this.#running.push(
      (async () => {
        while (!this.#stopped) {
          await act();
          await delay(pause);
        }
      })().catch((error) => {
        this.#failure ??= error;
        this.#stopped = true;
      }),
    );
  }

  /** Lets time pass; ends early where a caller has failed. */
  async goOn(milliseconds) {
    const end = Date.now() + milliseconds;
    while (Date.now() < end) {
      this.check();
      await delay(50);
    }
  }

  check() {
    if (this.#failure) throw this.#failure;
  }

  async stop() {
    this.#stopped = true;
    await Promise.all(this.#running);
    this.check();
  }
}
