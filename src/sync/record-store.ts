/** A record after a change; `undefined` if it was removed. */
export interface RecordChange<T> {
  readonly id: string;
  /**
   * Grows by one with each change, over all records of a store, in the order in which changes become visible.
   */
  readonly revision: number;
  readonly value: T | undefined;
}

/**
 * Computes the new value of a record.
 *
 * @param current the current record
 * @param wasRemoved whether there is none now, but was one before
 * @returns the new record; `undefined` removes it. If it throws, nothing changes
 */
export type RecordDecision<T> = (current: T | undefined, wasRemoved: boolean) => T | undefined;

/** The audit event that is written in the transaction of a change. */
export interface ChangeEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** JSON. */
  readonly document: string;
}

/**
 * Records that several instances share. A caller that has seen the changes up to a revision misses none by
 * requesting those after it.
 */
export abstract class RecordStore<T> {
  /**
   * @returns the latest change of each record after the revision, oldest first; at most `limit`
   * @throws {StoreUnavailable}
   */
  abstract changesSince(revision: number, limit: number): Promise<readonly RecordChange<T>[]>;

  /**
   * Changes one record. Changes of one store happen one after another, whichever instance makes them. The
   * store never forgets that a record was removed.
   *
   * @param event is written with it, or neither is
   * @throws {StoreUnavailable} and whatever `decide` throws
   */
  abstract change(id: string, decide: RecordDecision<T>, event?: ChangeEvent): Promise<RecordChange<T>>;
}

/** The database is unavailable, or too busy to respond in time. The caller may try again. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  constructor(cause: unknown) {
    super('The database does not respond', { cause });
  }
}
