import { Clock } from '../clock.js';

/** 2026-01-01T00:00:00Z, in seconds. */
const NEW_YEAR = 1_767_225_600;

/** A clock that a test moves by hand. */
export class MovedClock extends Clock {
  private milliseconds: number;

  /** @param seconds since 1970, with an optional fraction; default: the start of 2026 */
  constructor(seconds = NEW_YEAR) {
    super();
    this.milliseconds = seconds * 1000;
  }

  override now(): number {
    return this.milliseconds;
  }

  /**
   * Sets the clock.
   *
   * @param seconds since 1970, with an optional fraction
   */
  set(seconds: number): void {
    this.milliseconds = seconds * 1000;
  }

  /**
   * Moves the clock forward.
   *
   * @param seconds may have a fraction; a negative number moves the clock back
   */
  advance(seconds: number): void {
    this.milliseconds += seconds * 1000;
  }
}
