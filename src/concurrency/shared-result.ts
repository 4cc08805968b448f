import type { Clock } from '../clock.js';

/** For how long a result is shared, in milliseconds. */
const LIFETIME = 1_000;

/**
 * A result that is computed at most once a second, however many ask for it, and one at a time: for routes that anyone may
 * ask and that cost more than a response. A failure is shared as well.
 */
export class SharedResult<T> {
  private latest: Promise<T> | undefined;
  /** When the latest was known; none while it is computed. */
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
      // Frees what the result holds, and ends it as well if the clock was set back.
      setTimeout(() => this.forget(result), LIFETIME).unref();
    };
    this.knownAt = undefined;
    this.latest = result;
    result.then(known, known);
    return result;
  }

  private isOver(): boolean {
    return this.knownAt !== undefined && this.clock.now() - this.knownAt >= LIFETIME;
  }

  private forget(result: Promise<T>): void {
    if (this.latest === result) this.latest = undefined;
  }
}
