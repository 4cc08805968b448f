import { type EntityManager, type EntitySchema, MoreThan } from 'typeorm';
import {
  type ChangeOptions,
  type Mirror,
  type RecordChange,
  type RecordDecision,
  RecordStore,
} from '../sync/record-store.js';
import type { Database } from './database.js';
import { persistEvent } from './typeorm-persisted-events.js';
import { type RecordRow, RevisionTable } from './entities.js';

/**
 * Stores records as JSON documents in one table. Every change first increments the table's counter, which
 * locks that row until the transaction ends. Revisions therefore become visible in order, and a caller that
 * polls by revision misses none. The counters of tables that the decision depends on are locked with it.
 */
export class TypeOrmRecordStore<T> extends RecordStore<T> {
  readonly table: string;

  /** @param read completes a document that an earlier version may have stored */
  constructor(
    private readonly database: Database,
    private readonly rows: EntitySchema<RecordRow>,
    private readonly read: (document: T) => T = (document) => document,
  ) {
    super();
    this.table = rows.options.name;
  }

  override changesSince(revision: number, limit: number): Promise<readonly RecordChange<T>[]> {
    return this.database.read((manager) => this.after(manager, revision, limit));
  }

  override change(
    id: string,
    decide: RecordDecision<T>,
    { event, mirrors = [] }: ChangeOptions = {},
  ): Promise<RecordChange<T>> {
    return this.database.transaction(async (manager, stop) => {
      const revision = await this.nextRevision(manager, mirrors);
      const row = await manager.findOneBy(this.rows, { id });
      const missed = await missedChanges(manager, mirrors);
      let value: T | undefined;
      try {
        for (const [mirror, changes] of missed) for (const change of changes) mirror.apply(change);
        value = decide(this.parse(row?.document ?? null), row?.document === null);
      } catch (error) {
        return stop(error);
      }
      const document = value === undefined ? null : JSON.stringify(value);
      if (row) await manager.update(this.rows, { id }, { revision, document });
      else await manager.insert(this.rows, { id, revision, document });
      if (event) await persistEvent(manager, event);
      return { id, revision, value };
    });
  }

  /** The latest change of each record after a revision, oldest first. */
  async after(
    manager: EntityManager,
    revision: number,
    limit = Number.MAX_SAFE_INTEGER,
  ): Promise<RecordChange<T>[]> {
    const found = await manager.find(this.rows, {
      where: { revision: MoreThan(revision) },
      order: { revision: 'ASC' },
      take: limit,
    });
    return found.map((row) => ({ id: row.id, revision: row.revision, value: this.parse(row.document) }));
  }

  /**
   * Locks the counters of this table and of those that the mirrors copy, and increments that of this table. The
   * order is always the same: otherwise two changes could each wait for the other.
   */
  private async nextRevision(manager: EntityManager, mirrors: readonly Mirror[]): Promise<number> {
    const tables = new Set([this.table, ...mirrors.map((mirror) => storeOf(mirror).table)]);
    for (const name of [...tables].sort()) {
      await manager.increment(RevisionTable, { name }, 'value', name === this.table ? 1 : 0);
    }
    return (await manager.findOneByOrFail(RevisionTable, { name: this.table })).value;
  }

  private parse(document: string | null): T | undefined {
    return document === null ? undefined : this.read(JSON.parse(document) as T);
  }
}

/** What each mirror misses; it is read before any is applied, since applying may throw an error of the caller. */
async function missedChanges(
  manager: EntityManager,
  mirrors: readonly Mirror[],
): Promise<ReadonlyMap<Mirror, readonly RecordChange<unknown>[]>> {
  const missed = new Map<Mirror, readonly RecordChange<unknown>[]>();
  // One connection runs one query at a time.
  for (const mirror of mirrors) missed.set(mirror, await storeOf(mirror).after(manager, mirror.revision));
  return missed;
}

function storeOf({ store }: Mirror): TypeOrmRecordStore<unknown> {
  if (store instanceof TypeOrmRecordStore) return store as TypeOrmRecordStore<unknown>;
  throw new TypeError('The mirror copies a store of another kind');
}
