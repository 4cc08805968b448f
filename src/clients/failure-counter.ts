/** How long failures are remembered, in milliseconds. */
export const FAILURE_WINDOW = 60_000;

/** Counts what failed under a key, within a window of a minute that begins with the first failure. */
export abstract class FailureCounter {
  /** @returns how many failures there are with this one, and when they are forgotten (milliseconds since 1970) */
  abstract add(key: string): FailureCount | Promise<FailureCount>;

  /** What is known here, without asking anybody: it stands on the way of every request. */
  abstract known(key: string): FailureCount | undefined;
}

export interface FailureCount {
  readonly count: number;
  readonly until: number;
}
