import { existsSync } from 'node:fs';
import { DataSource, type EntityManager } from 'typeorm';
import { StoreUnavailable } from '../sync/record-store.js';
import { Database } from './database.js';
import { databaseKind, displayDatabase, sqlitePath } from './database-url.js';
import { KeyTable } from './entities.js';
import { cannotConnect, unusableFile } from './database-error.js';
import { databaseOptions } from './open-database.js';

/** A private key as stored in the database. */
export interface SealedKey {
  readonly kid: string;
  /** The encrypted key; see `KeyEncryption`. */
  readonly sealed: string;
}

/** What exists at `DATABASE_URL`. */
export interface InspectedDatabase {
  /** Whether there is a database with the tables of this service. */
  readonly exists: boolean;
  /** Empty if there are no keys, or no database. */
  readonly sealedKeys: readonly SealedKey[];
}

const MISSING: InspectedDatabase = { exists: false, sealedKeys: [] };

/**
 * Inspects a database without creating or changing anything.
 *
 * @throws {DatabaseError} if the database exists and cannot be read, or its server cannot be reached
 */
export async function inspectDatabase(url: string): Promise<InspectedDatabase> {
  const isFile = databaseKind(url) === 'sqlite';
  const path = sqlitePath(url);
  if (isFile && (path === ':memory:' || !existsSync(path))) return MISSING;
  const options = await databaseOptions(url);
  const dataSource = new DataSource({ ...options, ...(isFile && FOR_READING) });
  try {
    await dataSource.initialize();
    return await new Database(dataSource).read(look);
  } catch (error) {
    const cause = error instanceof StoreUnavailable ? error.cause : error;
    throw isFile ? unusableFile(path, cause) : cannotConnect(options.type, cause);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

/** Options that change nothing: a file of another program keeps its journal mode. */
const FOR_READING = {
  fileMustExist: true,
  prepareDatabase: (database: { pragma(text: string): unknown }) => void database.pragma('busy_timeout = 20'),
};

/**
 * Names a database for the operator: a file by its absolute path, a server by its URL without user and
 * password.
 *
 * @param url see `DATABASE_URL`
 */
export function databaseLocation(url: string): string {
  return databaseKind(url) === 'sqlite' ? sqlitePath(url) : displayDatabase(url);
}

async function look(manager: EntityManager): Promise<InspectedDatabase> {
  const table = KeyTable.options.name;
  const runner = manager.dataSource.createQueryRunner();
  try {
    if (!(await runner.hasTable(table))) return MISSING;
    const rows = (await runner.query(`SELECT document FROM ${table} WHERE document IS NOT NULL`)) as {
      document: string;
    }[];
    return { exists: true, sealedKeys: rows.flatMap(({ document }) => sealedKeysOf(document)) };
  } finally {
    await runner.release();
  }
}

function sealedKeysOf(document: string): SealedKey[] {
  const keys = JSON.parse(document) as readonly { jwk: { kid: string }; sealed: string }[];
  return keys.map(({ jwk: { kid }, sealed }) => ({ kid, sealed }));
}
