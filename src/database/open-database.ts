import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { AbstractLogger, DataSource, type DataSourceOptions } from 'typeorm';
import { connectionOptions } from './connection-options.js';
import {
  cannotConnect,
  DatabaseError,
  failedMigration,
  isFaultOfFile,
  unusableFile,
  unusableRootCertificates,
} from './database-error.js';
import { databaseKind } from './database-url.js';
import { registerPasswordOf } from '../encoding/redact-secrets.js';
import { ENTITIES } from './entities.js';
import { withTimeLimit } from './time-limit.js';
import { migrate } from './migrate.js';
import { MIGRATIONS } from './migrations.js';
import { retryWhileBusy } from './retry-while-busy.js';
import { RootCertificateError } from './root-certificates.js';

export { DatabaseError };

/** How long connecting and querying the server's version may take, in milliseconds. */
const OPEN_TIMEOUT_MS = 15_000;

/** A logger that writes nothing. Without one, TypeORM writes failed migrations to standard output. */
class Silence extends AbstractLogger {
  protected override writeLog(): void {}
}

/**
 * The options with which TypeORM opens the database. {@link migrate} runs the migrations; TypeORM itself
 * changes no table.
 *
 * @throws {DatabaseError} if the SQLite driver is missing, or the root certificates cannot be used
 */
export async function databaseOptions(url: string): Promise<DataSourceOptions> {
  registerPasswordOf(url);
  return {
    ...(await optionsOf(url)),
    entities: ENTITIES,
    migrations: MIGRATIONS,
    migrationsTableName: 'identity_migration',
    synchronize: false,
    migrationsRun: false,
    logging: false,
    logger: new Silence(),
  };
}

async function optionsOf(url: string): Promise<DataSourceOptions> {
  const driver = databaseKind(url) === 'sqlite' ? await sqliteDriver() : undefined;
  try {
    return connectionOptions(url, driver);
  } catch (cause) {
    throw cause instanceof RootCertificateError ? unusableRootCertificates(cause) : cause;
  }
}

async function sqliteDriver(): Promise<unknown> {
  try {
    return ((await import('libsql')) as { default: unknown }).default;
  } catch (cause) {
    throw new DatabaseError('The package libsql is not installed, which SQLite needs', false, cause);
  }
}

/**
 * Connects and brings the tables up to date.
 *
 * @throws {DatabaseError} if the database cannot be opened, reached or migrated
 */
export async function openDatabase(options: DataSourceOptions): Promise<DataSource> {
  const isFile = options.type === 'better-sqlite3';
  if (isFile && options.database !== ':memory:') makeFile(options.database);
  const dataSource = new DataSource(options);
  try {
    await (isFile ? openFile(dataSource) : withTimeLimit(dataSource.initialize(), OPEN_TIMEOUT_MS));
  } catch (cause) {
    await dataSource.destroy().catch(() => {});
    throw isFile ? unusableFile(options.database, cause) : cannotConnect(options.type, cause);
  }
  try {
    await migrate(dataSource);
  } catch (cause) {
    await dataSource.destroy().catch(() => {});
    throw isFile && isFaultOfFile(cause)
      ? unusableFile(options.database, cause)
      : failedMigration(options.type, cause);
  }
  return dataSource;
}

/**
 * Creates the file and its folder if they do not exist, readable by the service's user only. Parent folders
 * are not created: on some file systems, such as `/proc`, Node hangs when it tries to.
 */
function makeFile(path: string): void {
  try {
    makeFolder(dirname(path));
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    throw unusableFile(path, cause);
  }
}

function makeFolder(path: string): void {
  if (existsSync(path)) return;
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    // Another process may have created it in the meantime.
    if (!existsSync(path)) throw cause;
  }
}

/**
 * Opens an SQLite file. If several instances start at the same time, one initializes a new file, and the
 * others find it busy.
 */
function openFile(dataSource: DataSource): Promise<void> {
  return retryWhileBusy(async () => {
    if (!dataSource.isInitialized) await dataSource.initialize();
    await checkPages(dataSource);
  });
}

/**
 * Checks that the file is intact. One that lost some of its pages still opens, and should be reported now,
 * not when the first client is missing.
 */
async function checkPages(dataSource: DataSource): Promise<void> {
  const [found] = await dataSource.query<{ quick_check: string }[]>('PRAGMA quick_check(1)');
  if (found?.quick_check !== 'ok') throw new Error('SQLITE_CORRUPT database disk image is malformed');
}
