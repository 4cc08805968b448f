import { SerialQueue } from '../concurrency/serial-queue.js';
import {
  type ChangeEvent,
  type RecordChange,
  type RecordDecision,
  type RecordStore,
  StoreUnavailable,
} from './record-store.js';

/** How many changes are fetched at once: bounds the memory that an answer of the database takes. */
const BATCH = 2_000;

/**
 * The records of a store, held in memory so that a request needs no database. Changes made here are seen here at
 * once; those of other instances with the next {@link sync}.
 */
export class SyncedMap<T> {
  private readonly records = new Map<string, T>();
  private revision = 0;
  private held = false;
  /** An answer of the database that is older than a change made here must not undo it. */
  private readonly queue = new SerialQueue((cause) => cause instanceof StoreUnavailable);

  /**
   * @param applied is told of each record that came, changed or went (`value` is then `undefined`)
   * @param publish tells other processes of a change that was made here, and waits for them
   */
  constructor(
    private readonly store: RecordStore<T>,
    private readonly applied: (id: string, value: T | undefined, former: T | undefined) => void = () => {},
    private readonly publish: () => Promise<void> = () => Promise.resolve(),
  ) {}

  get(id: string): T | undefined {
    return this.records.get(id);
  }

  get all(): ReadonlyMap<string, T> {
    return this.records;
  }

  /** Whether the store ever held a record, be it removed since. */
  get everHeldRecords(): boolean {
    return this.held;
  }

  /**
   * Takes over what changed in the store.
   *
   * @throws {StoreUnavailable} and keeps what is known
   */
  sync(): Promise<void> {
    return this.queue.run(async () => {
      let changes;
      do {
        changes = await this.store.changesSince(this.revision, BATCH);
        for (const change of changes) {
          this.apply(change);
          this.revision = change.revision;
        }
      } while (changes.length === BATCH);
    });
  }

  /**
   * Changes a record in the store, then here.
   *
   * @param event is written with it, or neither is
   * @throws {StoreUnavailable} and what `decide` throws; nothing has changed then
   */
  async change(id: string, decide: RecordDecision<T>, event?: ChangeEvent): Promise<T | undefined> {
    const { value } = await this.queue.run(async () => {
      const change = await this.store.change(id, decide, event);
      this.apply(change);
      // Changes of others may lie between: only where none does, there is nothing to ask for.
      if (change.revision === this.revision + 1) this.revision = change.revision;
      return change;
    });
    await this.publish();
    return value;
  }

  private apply({ id, value }: RecordChange<T>): void {
    this.held = true;
    const former = this.records.get(id);
    if (value === undefined) this.records.delete(id);
    else this.records.set(id, value);
    this.applied(id, value, former);
  }
}
