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
 * @param missed the latest change of each record after the revision that the caller knows, oldest first
 * @returns the new record; `undefined` removes it
 * @throws whatever prevents the change
 */
export type RecordDecision<T> = (
  current: T | undefined,
  wasRemoved: boolean,
  missed: readonly RecordChange<T>[],
) => T | undefined;

/** What a change of a record brings with it. */
export interface ChangeOptions {
  /** The audit event; it is written with the record, or neither is. */
  readonly event?: ChangeEvent | undefined;
  /** The last revision that the caller knows; omitted if the decision depends on no other record. */
  readonly knownRevision?: number | undefined;
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
   * Changes one record. Changes of one store happen one after another, whichever instances make them. The
   * store always remembers that a record was removed.
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
