import { type EntitySchema, In, LessThanOrEqual } from 'typeorm';
import type { Database } from './database.js';
import type { ExpiringRow } from './entities.js';

/** How many rows are removed at once: bounds how long others wait for it. */
const CHUNK = 500;

/** Removes some of the rows that have expired by this time, in whole seconds since 1970. */
export async function deleteExpired(
  database: Database,
  table: EntitySchema<ExpiringRow>,
  time: number,
): Promise<void> {
  const expired = await database.read((manager) =>
    manager.find(table, { select: { id: true }, where: { expires_at: LessThanOrEqual(time) }, take: CHUNK }),
  );
  if (expired.length === 0) return;
  // Meanwhile one may have been replaced by one that expires later.
  await database.transaction((manager) =>
    manager.delete(table, {
      id: In(expired.map(({ id }) => id)),
      expires_at: LessThanOrEqual(time),
    }),
  );
}
