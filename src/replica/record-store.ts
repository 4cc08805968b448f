/** A record as it stands after a change; `undefined` where it was removed. */
export interface RecordChange<T> {
  readonly id: string;
  /** Grows by one with each change, over all records of a store, in the order in which changes become visible. */
  readonly revision: number;
  readonly value: T | undefined;
}

/**
 * Records that several instances share. Whoever has seen the changes up to a revision misses none by asking for those
 * after it.
 */
export abstract class RecordStore<T> {
  /**
   * @returns the latest change of each record after the revision, oldest first; at most `limit`
   * @throws {StoreUnavailable}
   */
  abstract changesSince(revision: number, limit: number): Promise<readonly RecordChange<T>[]>;

  /**
   * Changes one record. Changes of one store happen one after another, whichever instance makes them.
   *
   * @param decide is given the record as it is now, and returns what it is to be; where it throws, nothing changes
   * @throws {StoreUnavailable} and what `decide` throws
   */
  abstract change(id: string, decide: (current: T | undefined) => T | undefined): Promise<RecordChange<T>>;
}

/** The database is away, or so busy that it did not answer in time. What was asked for may be tried again. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  constructor(cause: unknown) {
    super('The database does not answer', { cause });
  }
}
