import type { Clock } from '../clock.js';
import type { TokenUnavailableError } from './token-unavailable-error.js';

/** The pause after the first failure, in seconds; it doubles with each further one, up to the longest. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 60;

/** An issuer that wants to be left alone for longer than this is asked again nevertheless; seconds. */
const LONGEST_RETRY_AFTER = 300;

/**
 * How long nobody asks after failures. Half of each pause is left to chance, so that services that failed together do
 * not all come back together.
 */
export class BackOff {
  private failures = 0;
  private failure: TokenUnavailableError | undefined;
  /** Milliseconds since 1970. */
  private until = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /** The last failure, while nobody is to ask again. */
  get blocking(): TokenUnavailableError | undefined {
    return this.clock.now() < this.until ? this.failure : undefined;
  }

  /** @returns whether it is the first since the last success */
  failed(failure: TokenUnavailableError): boolean {
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.failures) * (0.5 + this.random() / 2);
    const wanted = Math.min(LONGEST_RETRY_AFTER, failure.retryAfterSeconds ?? 0);
    this.until = this.clock.now() + Math.max(pause, wanted) * 1000;
    this.failure = failure;
    this.failures += 1;
    return this.failures === 1;
  }

  succeeded(): void {
    this.failures = 0;
    this.until = -Infinity;
  }
}
