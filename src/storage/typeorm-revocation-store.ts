import { type RecordedRevocation, type Revocation, RevocationStore } from '../revocation/revocation-store.js';
import type { Database } from './database.js';
import { RevisionTable, RevocationTable } from './entities.js';
import { forgetExpired } from './forget-expired.js';

/** How many rows one statement inserts. */
const CHUNK = 500;

/** Revocations in one table; their revisions become visible in their order, see TypeOrmRecordStore. */
export class TypeOrmRevocationStore extends RevocationStore {
  constructor(private readonly database: Database) {
    super();
  }

  override add(revocations: readonly Revocation[]): Promise<void> {
    const counter = { name: RevocationTable.options.name };
    return this.database.transaction(async (manager) => {
      await manager.increment(RevisionTable, counter, 'value', revocations.length);
      const { value: last } = await manager.findOneByOrFail(RevisionTable, counter);
      const rows = revocations.map(({ key, expiresAt }, index) => ({
        id: key,
        revision: last - revocations.length + 1 + index,
        expires_at: expiresAt,
      }));
      for (let start = 0; start < rows.length; start += CHUNK) {
        const chunk = rows.slice(start, start + CHUNK);
        await manager.createQueryBuilder().insert().into(RevocationTable).values(chunk).orIgnore().execute();
      }
    });
  }

  override since(revision: number, limit: number): Promise<readonly RecordedRevocation[]> {
    return this.database.read(async (manager) => {
      // Plain rows: making entities of a million of them would take most of the start.
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

  override forgetExpired(time: number): Promise<void> {
    return forgetExpired(this.database, RevocationTable, time);
  }
}
