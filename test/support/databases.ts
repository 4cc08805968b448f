import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterAll } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { describeWhereReachable, failureOf } from './reachable.js';
import { temporaryDirectory } from './temporary-directory.js';

/** A kind of database that tests run against. */
export interface TestDatabases {
  readonly name: 'SQLite' | 'PostgreSQL' | 'PgBouncer (session)' | 'PgBouncer (transaction)' | 'MariaDB';
  /** Why it is missing on this machine; `undefined` if it is not. */
  readonly missing: string | undefined;
  /** @returns the URL of a new and empty database, which no other test uses */
  url(): Promise<string>;
  /** Removes every database that was made; for `afterAll`. */
  close(): Promise<void>;
}

const POSTGRES = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1/test';
const MYSQL = process.env['TEST_MYSQL_URL'] ?? 'mysql://root@127.0.0.1/test';

/** In front of the PostgreSQL above; see .ci/databases.sh, which starts them. */
const PGBOUNCER_SESSION = process.env['TEST_PGBOUNCER_SESSION_URL'];
const PGBOUNCER_TRANSACTION = process.env['TEST_PGBOUNCER_URL'];

/** A server on a busy machine takes seconds to respond; its tests must not be skipped for that. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Runs one statement on the server, in the database of its URL. */
type Run = (statement: string) => Promise<unknown>;

/** Runs one statement. */
export async function queryPostgres(url: string, statement: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  try {
    await client.connect();
    return await client.query(statement);
  } finally {
    await client.end().catch(() => {});
  }
}

const onPostgres: Run = (statement) => queryPostgres(POSTGRES, statement);

const onMysql: Run = async (statement) => {
  const connection = await createConnection({ uri: MYSQL, connectTimeout: CONNECT_TIMEOUT_MS });
  try {
    return await connection.query(statement);
  } finally {
    await connection.end().catch(() => {});
  }
};

function sqliteFiles(): TestDatabases {
  const directories: string[] = [];
  return {
    name: 'SQLite',
    missing: undefined,
    url: () => {
      const directory = temporaryDirectory();
      directories.push(directory);
      return Promise.resolve(`sqlite:${directory}/identity.db`);
    },
    close: () => {
      for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

async function onServer(
  name: TestDatabases['name'],
  address: string,
  run: Run,
  drop: (database: string) => string,
): Promise<TestDatabases> {
  const made: string[] = [];
  return {
    name,
    missing: await failureOf(() => run('SELECT 1')),
    url: async () => {
      const database = `identity_test_${randomBytes(8).toString('hex')}`;
      await run(`CREATE DATABASE ${database}`);
      made.push(database);
      return Object.assign(new URL(address), { pathname: `/${database}` }).href;
    },
    close: async () => {
      for (const database of made.splice(0)) await run(drop(database));
    },
  };
}

// A failed test may have left connections open.
const dropOnPostgres = (database: string): string => `DROP DATABASE ${database} WITH (FORCE)`;

/** Databases are created and dropped on PostgreSQL directly. */
async function behindPooler(
  name: TestDatabases['name'],
  variable: string,
  address: string | undefined,
): Promise<TestDatabases> {
  if (address === undefined) {
    const missing = `${variable} is not set`;
    return { name, missing, url: () => Promise.reject(new Error(missing)), close: () => Promise.resolve() };
  }
  const behind = await onServer(name, address, onPostgres, dropOnPostgres);
  return { ...behind, missing: await failureOf(() => queryPostgres(address, 'SELECT 1')) };
}

/**
 * SQLite, PostgreSQL, PgBouncer and MariaDB, at TEST_POSTGRES_URL, TEST_PGBOUNCER_SESSION_URL,
 * TEST_PGBOUNCER_URL (in transaction mode) and TEST_MYSQL_URL.
 */
export const databases: readonly TestDatabases[] = [
  sqliteFiles(),
  ...(await Promise.all([
    onServer('PostgreSQL', POSTGRES, onPostgres, dropOnPostgres),
    behindPooler('PgBouncer (session)', 'TEST_PGBOUNCER_SESSION_URL', PGBOUNCER_SESSION),
    behindPooler('PgBouncer (transaction)', 'TEST_PGBOUNCER_URL', PGBOUNCER_TRANSACTION),
    onServer('MariaDB', MYSQL, onMysql, (database) => `DROP DATABASE ${database}`),
  ])),
];

/** Dropping a database takes a checkpoint of the server, which is slow if many tests run. */
const REMOVAL_TIMEOUT = 60_000;

/**
 * Groups tests that run against each kind of database that can be reached. The databases are dropped after
 * the `afterAll` hooks of the tests have closed their connections.
 *
 * @param only the kinds to run them against; all if omitted
 */
export function describeEachDatabase(
  tests: (database: TestDatabases) => void,
  only = databases.map(({ name }) => name),
): void {
  for (const database of databases) {
    if (!only.includes(database.name)) continue;
    describeWhereReachable(database.name, database.missing, () => {
      tests(database);
      afterAll(() => database.close(), REMOVAL_TIMEOUT);
    });
  }
}
