import { parseServerParameters, type TlsRequest } from './server-parameters.js';

/** The kinds of databases, as the scheme of `DATABASE_URL` names them. */
export type DatabaseKind = 'sqlite' | 'postgres' | 'mysql';

const KINDS: Readonly<Record<string, DatabaseKind>> = {
  'sqlite:': 'sqlite',
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
};

/** An SQLite file, or `:memory:`. */
export interface SqliteAddress {
  readonly kind: 'sqlite';
  readonly path: string;
}

/** A database on a server. */
export interface ServerAddress {
  readonly kind: Exclude<DatabaseKind, 'sqlite'>;
  /** A host name, an IP address, or the absolute path of a Unix socket (PostgreSQL: of its folder). */
  readonly host: string;
  readonly port?: number;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly applicationName?: string;
  /** What `sslmode` and `sslrootcert` request; absent without `sslmode`. */
  readonly tls?: TlsRequest;
}

/** The parts of `DATABASE_URL`. */
export type DatabaseAddress = SqliteAddress | ServerAddress;

/** What is wrong with a URL, for the operator. It quotes no part of the URL, which may contain a password. */
export interface UrlFault {
  /** What is wrong with the parameters; absent if the URL is not that of a database at all. */
  readonly parameters?: string;
}

/** @returns the parts of `DATABASE_URL`, or what is wrong with it */
export function parseDatabaseUrl(url: string): DatabaseAddress | UrlFault {
  const kind = KINDS[url.slice(0, url.indexOf(':') + 1)];
  if (kind === undefined) return {};
  return kind === 'sqlite' ? parseSqlite(url) : parseServer(url, kind);
}

/** @returns the parts of `DATABASE_URL`; `undefined` if anything is wrong with it */
export function databaseAddress(url: string): DatabaseAddress | undefined {
  const parsed = parseDatabaseUrl(url);
  return 'kind' in parsed ? parsed : undefined;
}

/** @returns the kind of database that the URL names; `undefined` if anything is wrong with it */
export function databaseKind(url: string): DatabaseKind | undefined {
  return databaseAddress(url)?.kind;
}

/**
 * The path of an SQLite database: what follows `sqlite:` and an optional `//`; `:memory:` for one without a
 * file.
 */
export function sqlitePath(url: string): string {
  return url.replace(/^sqlite:(\/\/)?/, '');
}

function parseSqlite(url: string): SqliteAddress | UrlFault {
  const path = sqlitePath(url);
  if (path === '') return {};
  // A file name may contain a question mark; one that looks like these was meant for a server.
  if (/[?&]ssl(mode|rootcert)?=/i.test(path)) {
    return { parameters: 'has parameters for TLS, which an SQLite file does not use' };
  }
  return { kind: 'sqlite', path };
}

function parseServer(url: string, kind: ServerAddress['kind']): ServerAddress | UrlFault {
  if (!URL.canParse(url)) return {};
  const { hostname, port, username, password, pathname, search, hash } = new URL(url);
  const [host, name, word, database] = [hostname, username, password, pathname.slice(1)].map(decodePart);
  if (!host || !database || name === undefined || word === undefined || hash !== '') return {};
  const parameters = parseServerParameters(search, kind);
  if (typeof parameters === 'string') return { parameters };
  return {
    kind,
    host: host.replace(/^\[|\]$/g, ''),
    ...(port !== '' && { port: Number(port) }),
    username: name,
    password: word,
    database,
    ...parameters,
  };
}

function decodePart(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * Names a database for people and logs: a file by its URL, a server by its URL without user, password and
 * parameters, such as `postgres://host/database`.
 */
export function displayDatabase(url: string): string {
  const address = databaseAddress(url) ?? databaseAddress(url.replace(/\?.*$/s, ''));
  if (!address) return 'unknown';
  if (address.kind === 'sqlite') return `sqlite:${address.path}`;
  const { host, port, database } = address;
  const shown = host.includes(':') ? `[${host}]` : encodeURIComponent(host);
  const place = port === undefined ? shown : `${shown}:${port}`;
  return `${new URL(url).protocol}//${place}/${encodeURIComponent(database)}`;
}

/** Whether the traffic to the database, passwords included, crosses a network unencrypted. */
export function crossesNetworkInPlainText(url: string): boolean {
  const address = databaseAddress(url);
  if (!address || address.kind === 'sqlite' || isThisMachine(address.host)) return false;
  return address.tls === undefined || address.tls.mode === 'disable';
}

/**
 * Whether a host is this machine.
 *
 * @param host a name, an IP address, or the path of a Unix socket
 */
export function isThisMachine(host: string): boolean {
  return /^(\/.*|localhost\.?|.+\.localhost\.?|127(\.\d+){3}|::1|::ffff:127(\.\d+){3}|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})$/i.test(
    host,
  );
}
