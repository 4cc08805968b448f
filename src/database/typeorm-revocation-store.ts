import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { type RecordedRevocation, type Revocation, RevocationStore } from '../revocation/revocation-store.js';
import { Database } from './database.js';
import { type ExpiringRow, RevisionTable, RevocationTable } from './entities.js';
import { deleteExpired } from './delete-expired.js';

/** How many rows one statement inserts. */
const CHUNK = 500;

/** Stores revocations in one table. Their revisions become visible in order; see TypeOrmRecordStore. */
@Injectable()
export class TypeOrmRevocationStore extends RevocationStore {
  constructor(private readonly database: Database) {
    super();
  }

  override add(revocations: readonly Revocation[]): Promise<void> {
    const latest = [...latestExpiries(revocations)];
    const counter = { name: RevocationTable.options.name };
    return this.database.transaction(async (manager) => {
      // Incrementing the counter locks it until the transaction ends: of two that add, the second sees what
      // the first did.
      await manager.increment(RevisionTable, counter, 'value', latest.length);
      const { value: last } = await manager.findOneByOrFail(RevisionTable, counter);
      const rows = latest.map(([id, expiresAt], index) => ({
        id,
        revision: last - latest.length + 1 + index,
        expires_at: expiresAt,
      }));
      for (let start = 0; start < rows.length; start += CHUNK) {
        await addRows(manager, rows.slice(start, start + CHUNK));
      }
    });
  }

  override since(revision: number, limit: number): Promise<readonly RecordedRevocation[]> {
    return this.database.read(async (manager) => {
      // Raw rows: mapping a million of them to entities would take most of the start-up.
      const rows = await manager
        .createQueryBuilder(RevocationTable, 'row')
        .select(['row.id AS id', 'row.revision AS revision', 'row.expires_at AS expires_at'])
        .where('row.revision > :revision', { revision })
        .orderBy('row.revision')
        .limit(limit)
        .getRawMany<{ id: string; revision: string | number; expires_at: string | number }>();
      return rows.map((row) => ({
        key: row.id,
        revision: Number(row.revision),
        expiresAt: Number(row.expires_at),
      }));
    });
  }

  override deleteExpired(time: number): Promise<void> {
    return deleteExpired(this.database, RevocationTable, time);
  }
}

/** The latest expiry of each key: the same token may be revoked several times in one batch. */
function latestExpiries(revocations: readonly Revocation[]): ReadonlyMap<string, number> {
  const latest = new Map<string, number>();
  for (const { key, expiresAt } of revocations) {
    if ((latest.get(key) ?? -Infinity) < expiresAt) latest.set(key, expiresAt);
  }
  return latest;
}

/** Inserts the rows that are new, and replaces those that would expire earlier. */
async function addRows(
  manager: EntityManager,
  rows: readonly (ExpiringRow & { readonly revision: number })[],
): Promise<void> {
  const found = await manager.findBy(RevocationTable, { id: In(rows.map(({ id }) => id)) });
  const expiries = new Map(found.map(({ id, expires_at: expiresAt }) => [id, expiresAt]));
  const lasting = rows.filter((row) => (expiries.get(row.id) ?? -Infinity) < row.expires_at);
  const outlived = lasting.filter(({ id }) => expiries.has(id)).map(({ id }) => id);
  if (outlived.length > 0) await manager.delete(RevocationTable, { id: In(outlived) });
  if (lasting.length > 0) {
    await manager
      .createQueryBuilder()
      .insert()
      .into(RevocationTable)
      .values([...lasting])
      .execute();
  }
}
