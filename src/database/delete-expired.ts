import { type EntitySchema, In, LessThanOrEqual } from 'typeorm';
import type { Database } from './database.js';
import type { ExpiringRow } from './entities.js';

/** The maximum number of rows that one statement deletes: it bounds how long other writers wait. */
const CHUNK = 500;

/**
 * Deletes some of the rows that have expired.
 *
 * @param time whole seconds since 1970
 * @throws {StoreUnavailable} if the database is unavailable
 */
export async function deleteExpired(
  database: Database,
  table: EntitySchema<ExpiringRow>,
  time: number,
): Promise<void> {
  const expired = await database.read((manager) =>
    manager.find(table, { select: { id: true }, where: { expires_at: LessThanOrEqual(time) }, take: CHUNK }),
  );
  if (expired.length === 0) return;
  // Meanwhile a row may have been replaced by one that expires later.
  await database.transaction((manager) =>
    manager.delete(table, {
      id: In(expired.map(({ id }) => id)),
      expires_at: LessThanOrEqual(time),
    }),
  );
}
