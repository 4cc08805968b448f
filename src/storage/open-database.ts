import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AbstractLogger, DataSource, type DataSourceOptions } from 'typeorm';
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

/** Where nothing else is logged, TypeORM still writes that a migration failed, to the standard output. */
class Silence extends AbstractLogger {
  protected override writeLog(): void {}
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
    logger: new Silence(),
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
    await (isFile ? openFile(dataSource) : dataSource.initialize());
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

/**
 * Makes the file and its folder, where they are not there; only the user that runs the service can read them. Folders
 * above that are not made: Node never comes back from trying to in some file systems, such as `/proc`.
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
    // Another process may have made it meanwhile.
    if (!existsSync(path)) throw cause;
  }
}

/** Of several instances that start together, one makes a new file a database, and the others find it busy. */
function openFile(dataSource: DataSource): Promise<void> {
  return retryWhileBusy(async () => {
    if (!dataSource.isInitialized) await dataSource.initialize();
    await checkPages(dataSource);
  });
}

/** A file that lost some of its pages still opens: it is to be told now, not by the first client that is missed. */
async function checkPages(dataSource: DataSource): Promise<void> {
  const [found] = await dataSource.query<{ quick_check: string }[]>('PRAGMA quick_check(1)');
  if (found?.quick_check !== 'ok') throw new Error('SQLITE_CORRUPT database disk image is malformed');
}

/** The error of an SQLite file that cannot be used, and what to do about it. */
export function unusableFile(path: string, cause: unknown): DatabaseError {
  const advice = existsSync(path)
    ? 'It was left as it is. Restore it from a backup, or let the user that runs the service read and write it and its folder'
    : 'Let the user that runs the service write its folder';
  return new DatabaseError(
    `The SQLite file ${path} cannot be used: ${reasonOf(cause)}. ${advice}.`,
    false,
    cause,
  );
}

/** The error of a database server that cannot be reached. */
export function cannotConnect(type: string, cause: unknown): DatabaseError {
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
  postgres: ['SELECT pg_try_advisory_lock(764028800) AS taken', 'SELECT pg_advisory_unlock(764028800)'],
  mysql: [
    "SELECT GET_LOCK('identity-backend-migrations', 0) AS taken",
    "SELECT RELEASE_LOCK('identity-backend-migrations')",
  ],
};

/** For how long another instance may be bringing the tables up to date, in milliseconds, and how often it is asked. */
const PATIENCE = 60_000;
const PAUSE = 100;

async function migrate(dataSource: DataSource): Promise<void> {
  const { type } = dataSource.options;
  if (type !== 'postgres' && type !== 'mysql') return migrateFile(dataSource);
  const [lock, unlock] = LOCKS[type];
  const holder = dataSource.createQueryRunner();
  try {
    await takeLock(() => holder.query(lock));
    await dataSource.runMigrations({ transaction: 'each' });
    await holder.query(unlock);
  } finally {
    await holder.release();
  }
}

/** Asks again and again: a statement that waits would end by the time limit of all statements. */
async function takeLock(ask: () => Promise<unknown>): Promise<void> {
  for (let waited = 0; waited < PATIENCE; waited += PAUSE) {
    const [answer] = (await ask()) as readonly { readonly taken: unknown }[];
    if (answer?.taken === true || Number(answer?.taken) === 1) return;
    await delay(PAUSE);
  }
  throw new Error('another instance has been at it for a minute');
}

/** SQLite has one writer at a time: the migrations run within one transaction that begins by claiming the file. */
async function migrateFile(dataSource: DataSource): Promise<void> {
  await retryWhileBusy(() => dataSource.query('BEGIN IMMEDIATE'));
  try {
    await dataSource.runMigrations({ transaction: 'none' });
    // Opened by a user who may not write it, a file whose tables are up to date would show that with the first change.
    await dataSource.query('UPDATE identity_migration SET name = name WHERE id < 0');
    await dataSource.query('COMMIT');
  } catch (cause) {
    await dataSource.query('ROLLBACK').catch(() => {});
    throw cause;
  }
}
