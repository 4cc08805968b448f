/** How often something happened within a window. */
export interface WindowCount {
  readonly count: number;
  /** When the count expires; milliseconds since 1970. */
  readonly until: number;
}

/** Counts events under a key within a window of time, which begins with the first event. */
export abstract class WindowCounter {
  /** @returns the count under this key, this event included */
  abstract add(key: string): WindowCount | Promise<WindowCount>;

  /** The count that this process knows. Does no input or output, so every request may call it. */
  abstract known(key: string): WindowCount | undefined;

  /** Closes its connections. */
  abstract close(): void;
}
