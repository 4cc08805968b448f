import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import Sqlite from 'libsql';
import { failedMigration, isFaultOfFile, unusableFile } from '../../../src/database/database-error.js';
import { closeDatabases, open, refusalToOpen } from '../../support/opened-databases.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

afterAll(async () => {
  await closeDatabases();
  removeTemporaryDirectories();
});

/** A closed file that this version has created. */
async function usedFile(): Promise<string> {
  const path = join(temporaryDirectory(), 'identity.db');
  const dataSource = await open(`sqlite:${path}`);
  await dataSource.query('PRAGMA wal_checkpoint(TRUNCATE)');
  await dataSource.destroy();
  // The driver releases the file some time later.
  const copy = join(temporaryDirectory(), 'identity.db');
  copyFileSync(path, copy);
  return copy;
}

/** How another program locks a file. */
const HOLDS: readonly (readonly [
  name: string,
  file: () => Promise<string>,
  statements: readonly string[],
])[] = [
  ['writes to it', usedFile, ['BEGIN IMMEDIATE']],
  ['locks it exclusively', usedFile, ['BEGIN EXCLUSIVE']],
  ['keeps it locked exclusively', usedFile, ['PRAGMA locking_mode = EXCLUSIVE', 'BEGIN IMMEDIATE', 'COMMIT']],
  ['writes to it without a WAL', usedFile, ['PRAGMA journal_mode = DELETE', 'BEGIN EXCLUSIVE']],
  [
    'reads it without a WAL',
    usedFile,
    ['PRAGMA journal_mode = DELETE', 'BEGIN', 'SELECT * FROM identity_client'],
  ],
  [
    'locks it exclusively while it is new',
    () => {
      const path = join(temporaryDirectory(), 'identity.db');
      writeFileSync(path, '');
      return Promise.resolve(path);
    },
    ['BEGIN EXCLUSIVE'],
  ],
];

describe('an SQLite file that another program locks for longer than the timeout', () => {
  // All at once, because each takes the whole timeout.
  it('is reported as locked with mayRecover, and opens once the other program has finished', async () => {
    const outcomes = await Promise.all(
      HOLDS.map(async ([name, file, statements]) => {
        const path = await file();
        const other = new Sqlite(path);
        // A prepared statement would hold the file after the close, until it is garbage-collected.
        for (const statement of statements) other.exec(statement);
        const before = readFileSync(path);
        const { message, mayRecover } = await refusalToOpen(`sqlite:${path}`);
        const unchanged = readFileSync(path).equals(before);
        other.close();
        const opened = await open(`sqlite:${path}`);
        return {
          name,
          path,
          message,
          mayRecover,
          unchanged,
          clients: await opened.query<object[]>('SELECT * FROM identity_client'),
        };
      }),
    );
    for (const { path, message, ...outcome } of outcomes) {
      expect(outcome).toEqual({ name: outcome.name, mayRecover: true, unchanged: true, clients: [] });
      expect(message).toMatch(`The SQLite file ${path} is locked by another program: `);
      expect(message).not.toMatch(/version|backup/);
    }
  }, 60_000);
});

const error = (message: string, code = ''): Error =>
  Object.assign(new Error(message), code === '' ? {} : { code });

describe('unusableFile', () => {
  it.each<[string, Error, RegExp]>([
    ['is locked', error('database is locked', 'SQLITE_BUSY'), /is locked by another program/],
    ['is being recovered', error('busy', 'SQLITE_BUSY_RECOVERY'), /is locked by another program/],
    [
      'has changed since the snapshot',
      error('database is locked', 'SQLITE_BUSY_SNAPSHOT'),
      /is locked by another program/,
    ],
    ['is on a full disk', error('database or disk is full', 'SQLITE_FULL'), /The disk .* is full/],
    ['cannot grow on a full disk', error('no space left on device', 'ENOSPC'), /The disk .* is full/],
    ['is over its quota', error('quota exceeded', 'EDQUOT'), /The disk .* is full/],
  ])('sets mayRecover if the file %s', (_name, cause, words) => {
    const { message, mayRecover } = unusableFile('/data/identity.db', cause);
    expect(isFaultOfFile(cause)).toBe(true);
    expect(mayRecover).toBe(true);
    expect(message).toMatch(words);
    expect(message).toContain('Nothing was changed');
    expect(message).not.toMatch(/version|backup/);
  });

  it.each<[string, Error]>([
    ['is not a database', error('file is not a database', 'SQLITE_NOTADB')],
    ['is corrupt', error('database disk image is malformed', 'SQLITE_CORRUPT')],
    ['is read-only', error('attempt to write a readonly database', 'SQLITE_READONLY')],
    ['cannot be opened', error('unable to open database file', 'SQLITE_CANTOPEN')],
    ['cannot be read from its disk', error('disk I/O error', 'SQLITE_IOERR_READ')],
  ])('does not set mayRecover if the file %s', (_name, cause) => {
    expect(isFaultOfFile(cause)).toBe(true);
    expect(unusableFile('/data/identity.db', cause).mayRecover).toBe(false);
  });
});

describe('failedMigration', () => {
  it.each<[string, Error]>([
    ['a lost connection', error('Connection terminated unexpectedly')],
    ['a reset connection', error('read ECONNRESET', 'ECONNRESET')],
    ['a server that shuts down', error('terminating connection due to administrator command', '57P01')],
    ['a server without free connections', error('too many clients already', '53300')],
    ['a full disk on the server', error('could not extend file', '53100')],
    ['a deadlock', error('deadlock detected', '40P01')],
    ['a lock timeout', error('canceling statement due to lock timeout', '55P03')],
    ['a statement timeout', error('canceling statement due to statement timeout', '57014')],
    ['a pooler that lost its server', error('server closed the connection unexpectedly', '08P01')],
    ['a lost MySQL connection', error('The server closed the connection', 'PROTOCOL_CONNECTION_LOST')],
    ['a MySQL lock timeout', error('Lock wait timeout exceeded', 'ER_LOCK_WAIT_TIMEOUT')],
    ['a MySQL deadlock', error('Deadlock found', 'ER_LOCK_DEADLOCK')],
    ['too many MySQL connections', error('Too many connections', 'ER_CON_COUNT_ERROR')],
  ])('sets mayRecover after %s', (_name, cause) => {
    const { message, mayRecover } = failedMigration('postgres', cause);
    expect(mayRecover).toBe(true);
    expect(message).not.toContain('version');
  });

  it.each<[string, Error]>([
    ['a missing table', error('relation "x" does not exist', '42P01')],
    ['a missing privilege', error('permission denied for schema public', '42501')],
    ['a MySQL syntax error', error('You have an error in your SQL syntax', 'ER_PARSE_ERROR')],
    ['a missing MySQL privilege', error('CREATE command denied', 'ER_TABLEACCESS_DENIED_ERROR')],
    ['an error in the migration itself', error('the migration fails')],
  ])('does not set mayRecover after %s', (_name, cause) => {
    expect(failedMigration('mysql', cause).mayRecover).toBe(false);
  });
});
