import { existsSync } from 'node:fs';
import { TimeLimitExceeded } from './time-limit.js';
import { isBusy } from './retry-while-busy.js';
import { type RootCertificateError } from './root-certificates.js';

/**
 * The database cannot be used. The message is for the operator, and omits the URL, which contains a password.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  /** @param mayRecover whether a retry may succeed without any change by the operator */
  constructor(
    message: string,
    readonly mayRecover: boolean,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** Another instance has held the migration lock for longer than migrations should take. */
export class MigrationLockTimeout extends Error {
  override readonly name = 'MigrationLockTimeout';

  constructor() {
    super('another instance has held the lock for a minute');
  }
}

/**
 * @param path of the file; the message names it, as it contains no secret
 * @returns the error for a file that cannot be opened or written
 */
export function unusableFile(path: string, cause: unknown): DatabaseError {
  if (isBusy(cause)) {
    return new DatabaseError(
      `The SQLite file ${path} is locked by another program: ${reasonOf(cause)}. ` +
        'Nothing was changed. Stop that program, or start this one again when it has finished.',
      true,
      cause,
    );
  }
  if (isFull(cause)) {
    return new DatabaseError(
      `The disk of the SQLite file ${path} is full: ${reasonOf(cause)}. Nothing was changed. Free some space on it.`,
      true,
      cause,
    );
  }
  const advice = existsSync(path)
    ? 'It was left unchanged. Restore it from a backup, or let the user that runs the service read and write it and its folder'
    : 'Let the user that runs the service write its folder';
  return new DatabaseError(
    `The SQLite file ${path} cannot be used: ${reasonOf(cause)}. ${advice}.`,
    false,
    cause,
  );
}

/**
 * @param type the type of the connection in TypeORM: `postgres` or `mysql`
 * @returns the error for a server that cannot be reached, or whose driver is missing
 */
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

/** @returns the error for root certificates that cannot be used */
export function unusableRootCertificates(cause: RootCertificateError): DatabaseError {
  return new DatabaseError(`DATABASE_URL: ${cause.message}`, false, cause);
}

/**
 * @param type the type of the connection in TypeORM: `postgres`, `mysql` or `better-sqlite3`
 * @returns the error for failed migrations: a migration itself failed, or the database became unavailable
 */
export function failedMigration(type: string, cause: unknown): DatabaseError {
  if (cause instanceof MigrationLockTimeout || isOutage(cause)) {
    return new DatabaseError(
      `The database at DATABASE_URL (${type}) became unavailable before its tables were up to date: ${reasonOf(cause)}. ` +
        'Start the service again.',
      true,
      cause,
    );
  }
  return new DatabaseError(
    `The tables of the database could not be brought up to date: ${reasonOf(cause)}. The data is unchanged: ` +
      'start the previous version again, or fix the cause and start this one again.',
    false,
    cause,
  );
}

/** Whether the cause is the file, not the statements of a migration. */
export function isFaultOfFile(cause: unknown): boolean {
  return (
    isBusy(cause) ||
    isFull(cause) ||
    /SQLITE_(NOTADB|CORRUPT|READONLY|CANTOPEN|IOERR|PERM|AUTH)|readonly|malformed|not a database/i.test(
      reasonOf(cause),
    )
  );
}

/**
 * Whether there is no room to write: no space, inodes or quota. These can be freed without a change of
 * settings.
 */
function isFull(cause: unknown): boolean {
  return /SQLITE_FULL|ENOSPC|EDQUOT|EMFILE|ENFILE|database or disk is full/.test(reasonOf(cause));
}

/**
 * The codes of failures that may pass. SQLSTATE of PostgreSQL: lost connections (08), insufficient resources
 * (53), operator intervention (57), locks (55P03), deadlocks and serialization (40). Errors of MySQL and of
 * the network: by name.
 */
const OUTAGE =
  /^(08|53|57|40)...$|^55P03$|^E(CONN|PIPE|TIMEDOUT|HOST|NET|AI_AGAIN)|^PROTOCOL_|^ER_(LOCK_|CON_COUNT|SERVER_SHUTDOWN|NORMAL_SHUTDOWN|OPTION_PREVENTS|QUERY_(INTERRUPTED|TIMEOUT)|STATEMENT_TIMEOUT|TOO_MANY_USER|CONNECTION_KILLED)/;

function isOutage(cause: unknown): boolean {
  if (cause instanceof TimeLimitExceeded) return true;
  const code = codeOf(cause);
  return (
    OUTAGE.test(code) ||
    /connection (was )?(terminated|lost|closed)|not queryable|server closed|closed state|already released/i.test(
      reasonOf(cause),
    )
  );
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}

/** The code and message of a driver's error. They name hosts and users, never a password. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown cause';
  return [codeOf(cause), cause.message].filter((part) => part !== '').join(' ');
}
