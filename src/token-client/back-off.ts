import type { Clock } from '../clock.js';
import { exponentialBackOff } from '../concurrency/exponential-back-off.js';
import type { TokenUnavailableError } from './token-unavailable-error.js';

/** The pause after the first failure; it doubles with each consecutive one, up to the longest. */
const PAUSE_SECONDS = { first: 1, longest: 60 };

/** A longer `Retry-After` of the issuer is shortened to this many seconds. */
const LONGEST_RETRY_AFTER_SECONDS = 300;

/**
 * Pauses requests after failures. Half of each pause is random, so that services that failed together do not
 * retry together.
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

  /** The last failure while the pause lasts, then `undefined`. */
  get blocking(): TokenUnavailableError | undefined {
    return this.clock.now() < this.until ? this.failure : undefined;
  }

  /**
   * Starts a pause.
   *
   * @returns whether this is the first failure since the last success
   */
  failed(failure: TokenUnavailableError): boolean {
    this.failures += 1;
    const pause = exponentialBackOff(this.failures, PAUSE_SECONDS) * (0.5 + this.random() / 2);
    const wanted = Math.min(LONGEST_RETRY_AFTER_SECONDS, failure.retryAfterSeconds ?? 0);
    this.until = this.clock.now() + Math.max(pause, wanted) * 1000;
    this.failure = failure;
    return this.failures === 1;
  }

  succeeded(): void {
    this.failures = 0;
    this.until = -Infinity;
  }
}
