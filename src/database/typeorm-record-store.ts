import { type EntitySchema, MoreThan } from 'typeorm';
import {
  type ChangeEvent,
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
 * polls by revision misses none.
 */
export class TypeOrmRecordStore<T> extends RecordStore<T> {
  private readonly table: string;

  constructor(
    private readonly database: Database,
    private readonly rows: EntitySchema<RecordRow>,
  ) {
    super();
    this.table = rows.options.name;
  }

  override changesSince(revision: number, limit: number): Promise<readonly RecordChange<T>[]> {
    return this.database.read(async (manager) => {
      const found = await manager.find(this.rows, {
        where: { revision: MoreThan(revision) },
        order: { revision: 'ASC' },
        take: limit,
      });
      return found.map((row) => ({
        id: row.id,
        revision: row.revision,
        value: parseDocument<T>(row.document),
      }));
    });
  }

  override change(id: string, decide: RecordDecision<T>, event?: ChangeEvent): Promise<RecordChange<T>> {
    return this.database.transaction(async (manager, stop) => {
      await manager.increment(RevisionTable, { name: this.table }, 'value', 1);
      const { value: revision } = await manager.findOneByOrFail(RevisionTable, { name: this.table });
      const row = await manager.findOneBy(this.rows, { id });
      let value: T | undefined;
      try {
        value = decide(parseDocument<T>(row?.document ?? null), row?.document === null);
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
}

function parseDocument<T>(document: string | null): T | undefined {
  return document === null ? undefined : (JSON.parse(document) as T);
}
