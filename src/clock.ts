/** The source of the time. Tests use a clock that they move. */
export abstract class Clock {
  /** @returns milliseconds since 1970-01-01T00:00:00Z */
  abstract now(): number;
}

/** The system clock. */
export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }
}

/**
 * How far apart the clocks of instances on one database may be, in seconds: what has expired by one clock is
 * still valid by another, so the database keeps it for that much longer. SECURITY.md requires clocks within 5
 * seconds of each other; the rest is a margin.
 */
export const CLOCK_SKEW_SECONDS = 60;
