/** How often something happened within a window. */
export interface WindowCount {
  readonly count: number;
  /** When the count expires; milliseconds since 1970. */
  readonly until: number;
}

/** Counts events under a key within a window of time, which begins with the first event. */
export abstract class WindowCounter {
  /** @returns how often it happened, this event included */
  abstract add(key: string): WindowCount | Promise<WindowCount>;

  /** The count that this process knows, without input or output: it may be part of every request. */
  abstract known(key: string): WindowCount | undefined;

  /** Releases its connections. */
  abstract close(): void;
}
