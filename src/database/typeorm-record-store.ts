import { And, type EntityManager, type EntitySchema, LessThan, MoreThan } from 'typeorm';
import {
  type ChangeOptions,
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
    return this.database.read(async (manager) => {
      const found = await manager.find(this.rows, {
        where: { revision: MoreThan(revision) },
        order: { revision: 'ASC' },
        take: limit,
      });
      return found.map((row) => this.changeOf(row));
    });
  }

  override change(
    id: string,
    decide: RecordDecision<T>,
    { event, knownRevision }: ChangeOptions = {},
  ): Promise<RecordChange<T>> {
    return this.database.transaction(async (manager, stop) => {
      await manager.increment(RevisionTable, { name: this.table }, 'value', 1);
      const { value: revision } = await manager.findOneByOrFail(RevisionTable, { name: this.table });
      const row = await manager.findOneBy(this.rows, { id });
      const missed = knownRevision === undefined ? [] : await this.between(manager, knownRevision, revision);
      let value: T | undefined;
      try {
        value = decide(this.parse(row?.document ?? null), row?.document === null, missed);
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

  /** The changes between two revisions. Revisions have no gaps, so usually there is nothing to query. */
  private async between(
    manager: EntityManager,
    known: number,
    revision: number,
  ): Promise<readonly RecordChange<T>[]> {
    if (revision === known + 1) return [];
    const found = await manager.find(this.rows, {
      where: { revision: And(MoreThan(known), LessThan(revision)) },
      order: { revision: 'ASC' },
    });
    return found.map((row) => this.changeOf(row));
  }

  private changeOf({ id, revision, document }: RecordRow): RecordChange<T> {
    return { id, revision, value: this.parse(document) };
  }

  private parse(document: string | null): T | undefined {
    return document === null ? undefined : this.read(JSON.parse(document) as T);
  }
}
