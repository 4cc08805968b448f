import { Clock } from '../clock.js';

/** 2026-01-01T00:00:00Z, in seconds. */
const NEW_YEAR = 1_767_225_600;

/** A clock that a test moves by hand. */
export class MovedClock extends Clock {
  private milliseconds: number;

  /** @param seconds since 1970; the start of 2026 if omitted */
  constructor(seconds = NEW_YEAR) {
    super();
    this.milliseconds = seconds * 1000;
  }

  override now(): number {
    return this.milliseconds;
  }

  /** @param seconds since 1970; fractions count */
  set(seconds: number): void {
    this.milliseconds = seconds * 1000;
  }

  advance(seconds: number): void {
    this.milliseconds += seconds * 1000;
  }
}
