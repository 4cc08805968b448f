import { setTimeout as delay } from 'node:timers/promises';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { MigrationLockTimeout } from './database-error.js';
import { retryWhileBusy } from './retry-while-busy.js';
import { limitStatements, onConnection } from './server-connection.js';

/** How long to wait while another instance migrates, in milliseconds. */
const LOCK_TIMEOUT_MS = 60_000;
const LOCK_PAUSE_MS = 100;

/** How long waiting for the lock and all migrations may take together, in milliseconds. */
const MIGRATION_TIMEOUT_MS = 5 * 60_000;

/**
 * Brings the tables up to date, one instance at a time.
 *
 * @throws {MigrationLockTimeout} if another instance holds the lock of a server for too long; errors of the
 *   migrations, and of an SQLite file that stays locked, are rethrown
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  const { type } = dataSource.options;
  if (type === 'postgres') return onConnection(dataSource, migratePostgres, MIGRATION_TIMEOUT_MS);
  if (type === 'mysql') return onConnection(dataSource, migrateMysql, MIGRATION_TIMEOUT_MS);
  return migrateFile(dataSource);
}

/**
 * Runs all migrations in the transaction that holds the lock: behind a pooler, a session lock could belong to
 * another session.
 */
async function migratePostgres(runner: QueryRunner): Promise<void> {
  try {
    await takeLock(() => beginWithLock(runner));
    await limitStatements(runner, runner.dataSource, MIGRATION_TIMEOUT_MS);
    await runMigrations(runner, 'none');
    await runner.commitTransaction();
  } catch (cause) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => {});
    throw cause;
  }
}

/**
 * Begins a transaction with the lock. Its number is that of the session lock of previous versions, so that
 * the two exclude each other.
 *
 * @returns whether the lock was free
 */
async function beginWithLock(runner: QueryRunner): Promise<boolean> {
  await runner.startTransaction();
  if (await isTaken(runner, 'SELECT pg_try_advisory_xact_lock(764028800) AS taken')) return true;
  // Outside a transaction, a waiting instance holds no connection of a pooler.
  await runner.rollbackTransaction();
  return false;
}

/**
 * Runs each migration in its own transaction. MySQL commits with each DDL statement, so the lock belongs to
 * the session.
 */
async function migrateMysql(runner: QueryRunner): Promise<void> {
  await takeLock(() => isTaken(runner, "SELECT GET_LOCK('identity-backend-migrations', 0) AS taken"));
  try {
    await runMigrations(runner, 'each');
  } finally {
    await runner.query("SELECT RELEASE_LOCK('identity-backend-migrations')").catch(() => {});
  }
}

async function isTaken(runner: QueryRunner, statement: string): Promise<boolean> {
  const [row] = (await runner.query(statement)) as { readonly taken: unknown }[];
  return row?.taken === true || Number(row?.taken) === 1;
}

/** Polls for the lock: a waiting statement would occupy its connection, and exceed the statement timeout. */
async function takeLock(ask: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < LOCK_TIMEOUT_MS; waited += LOCK_PAUSE_MS) {
    if (await ask()) return;
    await delay(LOCK_PAUSE_MS);
  }
  throw new MigrationLockTimeout();
}

async function runMigrations(runner: QueryRunner, transaction: 'none' | 'each'): Promise<void> {
  const executor = new MigrationExecutor(runner.dataSource, runner);
  executor.transaction = transaction;
  await executor.executePendingMigrations();
}

/**
 * Runs all migrations in one transaction that begins by locking the file, as SQLite has one writer at a time.
 */
async function migrateFile(dataSource: DataSource): Promise<void> {
  await retryWhileBusy(() => dataSource.query('BEGIN IMMEDIATE'));
  try {
    await dataSource.runMigrations({ transaction: 'none' });
    // Otherwise a read-only file with up-to-date tables would fail only at the first change.
    await dataSource.query('UPDATE identity_migration SET name = name WHERE id < 0');
    await dataSource.query('COMMIT');
  } catch (cause) {
    await dataSource.query('ROLLBACK').catch(() => {});
    throw cause;
  }
}
