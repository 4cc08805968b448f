import type { DataSourceOptions } from 'typeorm';
import { databaseAddress, type ServerAddress } from './database-url.js';
import { postgresTls, mysqlTls } from './server-tls.js';

/** How long connecting to a server may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;
const MYSQL_POOL_SIZE = 10;

/**
 * Connections of one process. Those of four processes fit the default pool of PgBouncer, which has twenty for
 * each database.
 */
const POSTGRES_POOL_SIZE = 5;
/**
 * How long a connection may be idle before it is closed, in milliseconds. With pooling by session, PgBouncer
 * cannot give it to others until then.
 */
const POSTGRES_IDLE_TIMEOUT_MS = 1_000;

/**
 * The options of TypeORM for connecting to a database.
 *
 * @param url such as `sqlite:data/identity.db`, `postgres://user:password@host/database` or `mysql://…`
 * @param sqliteDriver the module `libsql`, if the database is SQLite
 * @throws {RootCertificateError} if the file of `sslrootcert` cannot be used
 */
export function connectionOptions(url: string, sqliteDriver?: unknown): DataSourceOptions {
  const address = databaseAddress(url);
  switch (address?.kind) {
    case 'sqlite':
      return sqliteOptions(address.path, sqliteDriver);
    case 'postgres':
      return postgresOptions(address);
    case 'mysql':
      return mysqlOptions(address);
    case undefined:
      throw new TypeError('Not the URL of a database that this service supports');
  }
}

function sqliteOptions(path: string, driver: unknown): DataSourceOptions {
  return {
    type: 'better-sqlite3',
    database: path,
    driver,
    prepareDatabase(database: { pragma(text: string): unknown }) {
      // While the driver waits for a lock, the whole process waits: wait briefly here, and longer in
      // retry-while-busy.ts.
      database.pragma('busy_timeout = 20');
      database.pragma('journal_mode = WAL');
      // Confirmed changes must survive a loss of power, not only of the process.
      database.pragma('synchronous = FULL');
    },
  };
}

/**
 * The driver gets the parts of the URL, as it would interpret the parameters differently from libpq. No
 * settings of the session are used: PgBouncer rejects unknown parameters at the start of a connection, and
 * after a `SET` the next transaction may run in another session.
 */
function postgresOptions(address: ServerAddress): DataSourceOptions {
  const { host, port, username, password, database, applicationName } = address;
  const ssl = postgresTls(address);
  return {
    type: 'postgres',
    host,
    ...(port !== undefined && { port }),
    username,
    password,
    database,
    ...(applicationName !== undefined && { applicationName }),
    ...(ssl !== undefined && { ssl }),
    poolSize: POSTGRES_POOL_SIZE,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: { keepAlive: true, idleTimeoutMillis: POSTGRES_IDLE_TIMEOUT_MS },
    // There is nothing to do: the pool itself removes an idle connection that broke.
    poolErrorHandler: () => {},
  };
}

function mysqlOptions(address: ServerAddress): DataSourceOptions {
  const { host, port, username, password, database } = address;
  return {
    type: 'mysql',
    ...(host.startsWith('/') ? { socketPath: host } : { host, ...(port !== undefined && { port }) }),
    username,
    password,
    database,
    ...mysqlTls(address),
    poolSize: MYSQL_POOL_SIZE,
    connectTimeout: CONNECT_TIMEOUT_MS,
    charset: 'utf8mb4',
  };
}
