import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThan, LessThanOrEqual, MoreThan, MoreThanOrEqual } from 'typeorm';
import { type PersistedEvent, PersistedEvents } from '../audit/persisted-event.js';
import { Database } from './database.js';
import { AuditEventTable, RevisionTable } from './entities.js';

/** How many events are kept, and for how long in milliseconds. */
const MAX_EVENTS = 10_000;
const MAX_AGE_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Stores an event within the transaction of its change, and deletes events that are too old or exceed the
 * maximum number.
 */
export async function persistEvent(
  manager: EntityManager,
  { id, time, document }: PersistedEvent,
): Promise<void> {
  const name = AuditEventTable.options.name;
  await manager.increment(RevisionTable, { name }, 'value', 1);
  const { value: revision } = await manager.findOneByOrFail(RevisionTable, { name });
  await manager.insert(AuditEventTable, { id, revision, time, document });
  await manager.delete(AuditEventTable, { revision: LessThanOrEqual(revision - MAX_EVENTS) });
  await manager.delete(AuditEventTable, { time: LessThan(time - MAX_AGE_MS) });
}

/** Reads the events that {@link persistEvent} stored. */
@Injectable()
export class TypeOrmPersistedEvents extends PersistedEvents {
  constructor(private readonly database: Database) {
    super();
  }

  override since(
    revision: number,
    from: number,
    limit: number,
  ): Promise<readonly (PersistedEvent & { readonly revision: number })[]> {
    return this.database.read((manager) =>
      manager.find(AuditEventTable, {
        where: { revision: MoreThan(revision), time: MoreThanOrEqual(from) },
        order: { revision: 'ASC' },
        take: limit,
      }),
    );
  }
}
