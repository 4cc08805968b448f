/** How often something happened within a window. */
export interface WindowCount {
  readonly count: number;
  /** When it is forgotten; milliseconds since 1970. */
  readonly until: number;
}

/** Counts what happens under a key within a window of time, which begins with the first event. */
export abstract class WindowCounter {
  /** @returns how often it happened with this one */
  abstract add(key: string): WindowCount | Promise<WindowCount>;

  /** What is known here, without asking anybody: it may stand on the way of every request. */
  abstract known(key: string): WindowCount | undefined;

  /** Lets go of what it holds open. */
  abstract close(): void;
}
