import { SerialQueue } from '../concurrency/serial-queue.js';
import {
  type ChangeEvent,
  type Mirror,
  type RecordChange,
  type RecordDecision,
  type RecordStore,
  StoreUnavailable,
} from './record-store.js';

/** The most changes that are read at a time, which bounds the memory of a result. */
const BATCH = 2_000;

/**
 * The records of a store, held in memory so that a request needs no database. Changes made here are visible
 * immediately, those of other instances after the next {@link sync}.
 */
export class SyncedMap<T> implements Mirror {
  private readonly records = new Map<string, T>();
  /** The IDs in order; `undefined` if they must be sorted again. */
  private sortedIds: readonly string[] | undefined;
  private known = 0;
  private held = false;
  /** What a decision may depend on: these records, and those that {@link coordinateWith} added. */
  private readonly mirrors: Mirror[] = [this];
  /** Runs queries and changes one at a time. */
  private readonly queue = new SerialQueue((cause) => cause instanceof StoreUnavailable);

  /**
   * @param applied called for each record that was added, changed or removed (then `value` is `undefined`)
   * @param publish notifies other processes of a change that was made here, and waits for them
   */
  constructor(
    readonly store: RecordStore<T>,
    private readonly applied: (id: string, value: T | undefined, previous: T | undefined) => void = () => {},
    private readonly publish: () => Promise<void> = () => Promise.resolve(),
  ) {}

  get(id: string): T | undefined {
    return this.records.get(id);
  }

  get all(): ReadonlyMap<string, T> {
    return this.records;
  }

  /**
   * Lists records in the order of their IDs.
   *
   * @param limit the maximum number of records
   * @param after the ID that precedes the page; empty for the first page
   * @returns the records, and the ID to pass as `after` for the next page, if there is one
   */
  page(limit: number, after: string): { readonly values: readonly T[]; readonly next: string | undefined } {
    this.sortedIds ??= [...this.records.keys()].sort();
    const start = firstAfter(this.sortedIds, after);
    const ids = this.sortedIds.slice(start, start + limit);
    const values = ids.map((id) => this.get(id)).filter((value) => value !== undefined);
    const isLast = start + limit >= this.sortedIds.length;
    return { values, next: isLast ? undefined : ids.at(-1) };
  }

  get revision(): number {
    return this.known;
  }

  /**
   * Lets decisions about records here and there depend on both: changes then happen one after another, on all
   * instances.
   */
  coordinateWith<U>(other: SyncedMap<U>): void {
    this.mirrors.push(other);
    other.mirrors.push(this);
  }

  /** Whether the store ever held a record, even if it was removed since. */
  get everHeldRecords(): boolean {
    return this.held;
  }

  /**
   * Loads the changes from the store.
   *
   * @throws {StoreUnavailable} in which case the known state is kept
   */
  sync(): Promise<void> {
    return this.queue.run(async () => {
      let changes;
      do {
        changes = await this.store.changesSince(this.known, BATCH);
        for (const change of changes) this.apply(change);
      } while (changes.length === BATCH);
    });
  }

  /**
   * Changes a record in the store, then here. When `decide` is called, all records here are as they are in the
   * store, and so are those of maps that this one is coordinated with. No other instance can change one until
   * the change is complete: a decision may depend on them.
   *
   * @param event the audit event; it is written with the record, or neither is
   * @throws {StoreUnavailable} and whatever `decide` throws; nothing has changed then
   */
  async change(id: string, decide: RecordDecision<T>, event?: ChangeEvent): Promise<T | undefined> {
    const { value } = await this.queue.run(async () => {
      const change = await this.store.change(id, decide, { event, mirrors: this.mirrors });
      this.apply(change);
      return change;
    });
    await this.publish();
    return value;
  }

  /**
   * Applies a change of the store. A coordinated map may apply it first, while the result that has it is still
   * on its way: an older change must not undo a newer one.
   */
  apply({ id, revision, value }: RecordChange<T>): void {
    if (revision <= this.known) return;
    this.held = true;
    const previous = this.records.get(id);
    if ((value === undefined) !== (previous === undefined)) this.sortedIds = undefined;
    if (value === undefined) this.records.delete(id);
    else this.records.set(id, value);
    this.applied(id, value, previous);
    this.known = revision;
  }
}

/** The index of the first entry of a sorted list that is greater than the text. */
function firstAfter(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') > text) high = middle;
    else low = middle + 1;
  }
  return low;
}
