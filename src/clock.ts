/** The source of the current time. Tests replace it with a clock that they move. */
export abstract class Clock {
  /** @returns milliseconds since 1970-01-01T00:00:00Z */
  abstract now(): number;
}

/** The clock of the operating system. */
export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }
}

/**
 * The largest difference between the clocks of instances that share a database, in seconds. What has expired
 * by one clock may still be valid by another, so the database keeps it for this much longer. SECURITY.md
 * requires clocks within 5 seconds of each other; the rest is a margin.
 */
export const CLOCK_SKEW_SECONDS = 60;
