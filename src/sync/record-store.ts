/** A record after a change; `undefined` if it was removed. */
export interface RecordChange<T> {
  readonly id: string;
  /**
   * Increases by one with each change of any record of the store, in the order in which changes become
   * visible.
   */
  readonly revision: number;
  readonly value: T | undefined;
}

/**
 * Computes the new value of a record.
 *
 * @param current the current record
 * @param wasRemoved whether there is no such record now, but was one before
 * @returns the new record; `undefined` removes it
 * @throws whatever prevents the change
 */
export type RecordDecision<T> = (current: T | undefined, wasRemoved: boolean) => T | undefined;

/** A copy of the records of a store. */
export interface Mirror {
  readonly store: object;
  /** The last revision that it knows. */
  readonly revision: number;
  /** @param change of its store; ignored if it knows the revision */
  apply(change: RecordChange<unknown>): void;
}

/** What a change of a record brings with it. */
export interface ChangeOptions {
  /** The audit event; it is written with the record, or neither is. */
  readonly event?: ChangeEvent | undefined;
  /**
   * What the decision depends on, of this store and of others in the same database. When `decide` is called,
   * these copies are as their stores, which change only after the change is complete.
   */
  readonly mirrors?: readonly Mirror[];
}

/** The audit event that is written in the transaction of a change. */
export interface ChangeEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** JSON. */
  readonly document: string;
}

/**
 * Stores records that several instances share. A caller that has seen the changes up to a revision and
 * requests those after it misses none.
 */
export abstract class RecordStore<T> {
  /**
   * @returns the latest change of each record after the revision, oldest first; at most `limit`
   * @throws {StoreUnavailable}
   */
  abstract changesSince(revision: number, limit: number): Promise<readonly RecordChange<T>[]>;

  /**
   * Changes one record. Changes of one store happen one after another, whichever instances make them, and so do
   * those of stores whose mirrors they read. The store always remembers that a record was removed.
   *
   * @throws {StoreUnavailable} and whatever `decide` throws; nothing has changed then
   */
  abstract change(id: string, decide: RecordDecision<T>, options?: ChangeOptions): Promise<RecordChange<T>>;
}

/** The database is unavailable, or too busy to respond in time. The caller may try again. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  constructor(cause: unknown) {
    super('The database does not respond', { cause });
  }
}
