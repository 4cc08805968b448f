import type { DataSourceOptions } from 'typeorm';

/** How long a connection or a statement may take, in milliseconds, before the database counts as away. */
const PATIENCE = 5_000;
const POOL_SIZE = 10;

/** The kinds of databases, as `DATABASE_URL` begins. */
export type DatabaseKind = 'sqlite' | 'postgres' | 'mysql';

const KINDS: Readonly<Record<string, DatabaseKind>> = {
  'sqlite:': 'sqlite',
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
};

/** @returns the kind of database that the address names; `undefined` where it is no such address */
export function databaseKind(url: string): DatabaseKind | undefined {
  const kind = KINDS[url.slice(0, url.indexOf(':') + 1)];
  if (kind === 'sqlite') return sqlitePath(url) === '' ? undefined : kind;
  return kind !== undefined && serverAddress(url, kind) ? kind : undefined;
}

/** A database on a server. */
interface ServerAddress {
  readonly host: string;
  readonly port?: number;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

/** @returns `undefined` where the address names no host or no database, or asks for what would not be heeded */
function serverAddress(url: string, kind: DatabaseKind): ServerAddress | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port, username, password, pathname, search } = new URL(url);
  const [name, word, database] = [username, password, pathname.slice(1)].map(decodePart);
  if (hostname === '' || !database || name === undefined || word === undefined) return undefined;
  // Only the driver of PostgreSQL reads parameters such as `sslmode`.
  if (search !== '' && kind !== 'postgres') return undefined;
  const host = hostname.replace(/^\[|\]$/g, '');
  return { host, ...(port !== '' && { port: Number(port) }), username: name, password: word, database };
}

function decodePart(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The file of an SQLite database: what follows `sqlite:`, beginning with `//` or not; `:memory:` for none. */
export function sqlitePath(url: string): string {
  return url.replace(/^sqlite:(\/\/)?/, '');
}

/**
 * @param url such as `sqlite:data/identity.db`, `postgres://user:password@host/database` or `mysql://…`
 * @param sqliteDriver the module `libsql`, where the database is SQLite
 */
export function connectionOptions(url: string, sqliteDriver?: unknown): DataSourceOptions {
  switch (databaseKind(url)) {
    case 'sqlite':
      return {
        type: 'better-sqlite3',
        database: sqlitePath(url),
        driver: sqliteDriver,
        prepareDatabase(database: { pragma(text: string): unknown }) {
          // While the driver waits, the whole process waits: wait shortly here, and long in retry-while-busy.ts.
          database.pragma('busy_timeout = 20');
          database.pragma('journal_mode = WAL');
          // What was answered must survive a loss of power, not only of the process.
          database.pragma('synchronous = FULL');
        },
      };
    case 'postgres':
      return {
        type: 'postgres',
        url,
        poolSize: POOL_SIZE,
        connectTimeoutMS: PATIENCE,
        extra: { statement_timeout: PATIENCE, query_timeout: PATIENCE + 1_000, keepAlive: true },
        // A connection that broke while idle shows itself when it is next used.
        poolErrorHandler: () => {},
      };
    case 'mysql':
      return {
        type: 'mysql',
        // By its parts: TypeORM reads no IPv6 address.
        ...serverAddress(url, 'mysql'),
        poolSize: POOL_SIZE,
        connectTimeout: PATIENCE,
        charset: 'utf8mb4',
      };
    case undefined:
      throw new TypeError('Not the address of a database that this service knows');
  }
}
