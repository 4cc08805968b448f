import type { Clock } from '../clock.js';

const LIFETIME_MS = 1_000;

/**
 * Computes a result at most once a second and one at a time, however many callers request it: for routes that
 * are open to anyone and cost more than an ordinary response. A failure is shared too.
 */
export class SharedResult<T> {
  private latest: Promise<T> | undefined;
  /** When the latest result was known, in milliseconds since 1970; `undefined` while it is computed. */
  private knownAt: number | undefined;

  constructor(
    private readonly compute: () => Promise<T>,
    private readonly clock: Clock,
  ) {}

  get(): Promise<T> {
    if (this.latest === undefined || this.isOver()) return this.begin();
    return this.latest;
  }

  private begin(): Promise<T> {
    const result = this.compute();
    const known = (): void => {
      this.knownAt = this.clock.now();
      // Frees the memory of the result, and discards it even if the clock is set back.
      setTimeout(() => this.forget(result), LIFETIME_MS).unref();
    };
    this.knownAt = undefined;
    this.latest = result;
    result.then(known, known);
    return result;
  }

  private isOver(): boolean {
    return this.knownAt !== undefined && this.clock.now() - this.knownAt >= LIFETIME_MS;
  }

  private forget(result: Promise<T>): void {
    if (this.latest === result) this.latest = undefined;
  }
}
