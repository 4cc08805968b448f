/** A record as it stands after a change; `undefined` where it was removed. */
export interface RecordChange<T> {
  readonly id: string;
  /** Grows by one with each change, over all records of a store, in the order in which changes become visible. */
  readonly revision: number;
  readonly value: T | undefined;
}

/**
 * What a record is to become.
 *
 * @param current the record as it is now
 * @param wasRemoved whether there is none now, but was one before
 * @returns what it is to be; `undefined` removes it. If it throws, nothing changes
 */
export type RecordDecision<T> = (current: T | undefined, wasRemoved: boolean) => T | undefined;

/** What is written in the transaction of a change: the event of the audit that tells of it. */
export interface ChangeEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** JSON. */
  readonly document: string;
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
   * Changes one record. Changes of one store happen one after another, whichever instance makes them. That a record was
   * removed is remembered for ever.
   *
   * @param event is written with it, or neither is
   * @throws {StoreUnavailable} and what `decide` throws
   */
  abstract change(id: string, decide: RecordDecision<T>, event?: ChangeEvent): Promise<RecordChange<T>>;
}

/** The database is away, or so busy that it did not answer in time. What was asked for may be tried again. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  constructor(cause: unknown) {
    super('The database does not answer', { cause });
  }
}
