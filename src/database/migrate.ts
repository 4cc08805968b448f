import { setTimeout as delay } from 'node:timers/promises';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { MigrationLockTimeout } from './database-error.js';
import { retryWhileBusy } from './retry-while-busy.js';
import { limitStatements, onConnection } from './server-connection.js';

/** For how long another instance may be bringing the tables up to date, in milliseconds, and how often it is asked. */
const PATIENCE = 60_000;
const PAUSE = 100;

/** How long waiting for the lock and all migrations may take together, in milliseconds. */
const MIGRATION_TIMEOUT = 5 * 60_000;

/** Brings the tables up to date, one instance at a time. */
export async function migrate(dataSource: DataSource): Promise<void> {
  const { type } = dataSource.options;
  if (type === 'postgres') return onConnection(dataSource, migratePostgres, MIGRATION_TIMEOUT);
  if (type === 'mysql') return onConnection(dataSource, migrateMysql, MIGRATION_TIMEOUT);
  return migrateFile(dataSource);
}

/** One transaction holds the lock and all migrations: behind a pooler a lock of the session would be someone else's. */
async function migratePostgres(runner: QueryRunner): Promise<void> {
  try {
    await takeLock(() => beginWithLock(runner));
    await limitStatements(runner, runner.dataSource, MIGRATION_TIMEOUT);
    await runMigrations(runner, 'none');
    await runner.commitTransaction();
  } catch (cause) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => {});
    throw cause;
  }
}

/** The number is that of previous versions, so that this lock and their lock of the session exclude each other. */
async function beginWithLock(runner: QueryRunner): Promise<boolean> {
  await runner.startTransaction();
  if (await isTaken(runner, 'SELECT pg_try_advisory_xact_lock(764028800) AS taken')) return true;
  // Outside a transaction, an instance that waits holds no connection of a pooler.
  await runner.rollbackTransaction();
  return false;
}

/** MySQL ends a transaction with each definition of a table, so the lock is that of the session. */
async function migrateMysql(runner: QueryRunner): Promise<void> {
  await takeLock(() => isTaken(runner, "SELECT GET_LOCK('identity-backend-migrations', 0) AS taken"));
  try {
    await runMigrations(runner, 'each');
  } finally {
    await runner.query("SELECT RELEASE_LOCK('identity-backend-migrations')").catch(() => {});
  }
}

async function isTaken(runner: QueryRunner, statement: string): Promise<boolean> {
  const [answer] = (await runner.query(statement)) as { readonly taken: unknown }[];
  return answer?.taken === true || Number(answer?.taken) === 1;
}

/** Asks again and again: a statement that waits would hold its connection, and end by the time limit of statements. */
async function takeLock(ask: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < PATIENCE; waited += PAUSE) {
    if (await ask()) return;
    await delay(PAUSE);
  }
  throw new MigrationLockTimeout();
}

async function runMigrations(runner: QueryRunner, transaction: 'none' | 'each'): Promise<void> {
  const executor = new MigrationExecutor(runner.dataSource, runner);
  executor.transaction = transaction;
  await executor.executePendingMigrations();
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
