import { randomBytes } from 'node:crypto';
import { RevisionTable, RevocationTable } from '../dist/database/entities.js';
import { databaseOptions, openDatabase } from '../dist/database/open-database.js';

const ROWS_A_STATEMENT = 500;

/**
 * Copies the database of a running service, whose last writes are in a file next to it.
 *
 * @param {string} from the path of the SQLite file
 * @param {string} to the path of the copy, at which no file exists
 */
export async function copyDatabase(from, to) {
  const dataSource = await openDatabase(await databaseOptions(`sqlite:${from}`));
  await dataSource.query(`VACUUM INTO '${to}'`);
  await dataSource.destroy();
}

/**
 * Adds to a database, in one transaction, revocations of tokens that no one presents. They expire in a day.
 *
 * @param {string} path the path of the SQLite file
 * @param {number} count
 */
export async function addRevocations(path, count) {
  const dataSource = await openDatabase(await databaseOptions(`sqlite:${path}`));
  const expiresAt = Math.floor(Date.now() / 1000) + 86_400;
  await dataSource.transaction(async (manager) => {
    for (let at = 0; at < count; at += ROWS_A_STATEMENT) {
      const rows = Array.from({ length: Math.min(ROWS_A_STATEMENT, count - at) }, (_, index) => ({
        id: randomBytes(32).toString('base64url'),
        revision: at + index + 1,
        expires_at: expiresAt,
      }));
      await manager.insert(RevocationTable, rows);
    }
    await manager.update(RevisionTable, { name: RevocationTable.options.name }, { value: count });
  });
  await dataSource.destroy();
}
