import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { connectionOptions, type DatabaseKind, databaseKind } from './database-url.js';
import { ENTITIES } from './entities.js';
import { MIGRATIONS } from './migrations.js';
import { retryWhileBusy } from './retry-while-busy.js';

/** Why the database cannot be used, in words for the operator; never with its address, which holds a password. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  /** @param mayRecover whether it may work when it is tried again with nothing changed */
  constructor(
    message: string,
    readonly mayRecover: boolean,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** The options with which TypeORM opens the database; migrations run by {@link migrate}, nothing is synchronized. */
export async function databaseOptions(url: string): Promise<DataSourceOptions> {
  const kind = databaseKind(url);
  return {
    ...connectionOptions(url, kind === 'sqlite' ? await sqliteDriver() : undefined),
    entities: ENTITIES,
    migrations: MIGRATIONS,
    migrationsTableName: 'identity_migration',
    synchronize: false,
    migrationsRun: false,
    logging: false,
  };
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
 * @throws {DatabaseError}
 */
export async function openDatabase(options: DataSourceOptions): Promise<DataSource> {
  const isFile = options.type === 'better-sqlite3';
  if (isFile && options.database !== ':memory:') makeFile(options.database);
  const dataSource = new DataSource(options);
  try {
    await dataSource.initialize();
    if (isFile) await dataSource.query('SELECT count(*) FROM sqlite_master');
  } catch (cause) {
    await dataSource.destroy().catch(() => {});
    throw isFile ? unusableFile(options.database, cause) : cannotConnect(options.type, cause);
  }
  try {
    await migrate(dataSource);
  } catch (cause) {
    await dataSource.destroy().catch(() => {});
    throw isFile && !isMigrationFault(cause)
      ? unusableFile(options.database, cause)
      : new DatabaseError(
          `The tables of the database could not be brought up to date: ${reasonOf(cause)}. The data is as it was: ` +
            'start the former version again, or mend the cause and start this one again.',
          false,
          cause,
        );
  }
  return dataSource;
}

/** Only the user that runs the service can read what is made here. */
function makeFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    throw unusableFile(path, cause);
  }
}

function unusableFile(path: string, cause: unknown): DatabaseError {
  const advice = existsSync(path)
    ? 'It was left as it is. Restore it from a backup, or let the user that runs the service read and write it and its folder'
    : 'Let the user that runs the service write its folder';
  return new DatabaseError(
    `The SQLite file ${path} cannot be used: ${reasonOf(cause)}. ${advice}.`,
    false,
    cause,
  );
}

function cannotConnect(type: string, cause: unknown): DatabaseError {
  const missing = /install|cannot find/i.test(reasonOf(cause)) && !('code' in Object(cause));
  return new DatabaseError(
    missing
      ? `The driver for ${type} is not installed: npm install ${type === 'postgres' ? 'pg' : 'mysql2'}`
      : `The database at DATABASE_URL (${type}) cannot be reached: ${reasonOf(cause)}`,
    !missing,
    cause,
  );
}

/** Messages of drivers name hosts and users, never a password. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown cause';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return [code, cause.message].filter((part) => part !== '').join(' ');
}

/** Whether the statements of a migration are at fault, rather than the file. */
function isMigrationFault(cause: unknown): boolean {
  return !/SQLITE_(NOTADB|CORRUPT|READONLY|CANTOPEN|IOERR|FULL)|readonly|malformed|not a database/i.test(
    reasonOf(cause),
  );
}

/** How each database lets one instance at a time bring the tables up to date. */
const LOCKS: Readonly<Record<Exclude<DatabaseKind, 'sqlite'>, readonly [lock: string, unlock: string]>> = {
  postgres: ['SELECT pg_advisory_lock(764028800)', 'SELECT pg_advisory_unlock(764028800)'],
  mysql: [
    "SELECT GET_LOCK('identity-backend-migrations', 60)",
    "SELECT RELEASE_LOCK('identity-backend-migrations')",
  ],
};

async function migrate(dataSource: DataSource): Promise<void> {
  const { type } = dataSource.options;
  if (type !== 'postgres' && type !== 'mysql') return migrateFile(dataSource);
  const [lock, unlock] = LOCKS[type];
  const holder = dataSource.createQueryRunner();
  try {
    if (type === 'postgres') await holder.query('SET statement_timeout = 60000');
    await holder.query(lock);
    await dataSource.runMigrations({ transaction: 'each' });
    await holder.query(unlock);
  } finally {
    await holder.release();
  }
}

/** SQLite has one writer at a time: the migrations run within one transaction that begins by claiming the file. */
async function migrateFile(dataSource: DataSource): Promise<void> {
  await retryWhileBusy(() => dataSource.query('BEGIN IMMEDIATE'));
  try {
    await dataSource.runMigrations({ transaction: 'none' });
    await dataSource.query('COMMIT');
  } catch (cause) {
    await dataSource.query('ROLLBACK').catch(() => {});
    throw cause;
  }
}
