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

/** A file that this version has used before, closed again. */
async function usedFile(): Promise<string> {
  const path = join(temporaryDirectory(), 'identity.db');
  const dataSource = await open(`sqlite:${path}`);
  await dataSource.query('PRAGMA wal_checkpoint(TRUNCATE)');
  await dataSource.destroy();
  // The driver lets go of the file some time later.
  const copy = join(temporaryDirectory(), 'identity.db');
  copyFileSync(path, copy);
  return copy;
}

/** How another program holds a file. */
const HOLDS: readonly (readonly [
  name: string,
  file: () => Promise<string>,
  statements: readonly string[],
])[] = [
  ['writes to it', usedFile, ['BEGIN IMMEDIATE']],
  ['has it for itself', usedFile, ['BEGIN EXCLUSIVE']],
  ['keeps it for itself', usedFile, ['PRAGMA locking_mode = EXCLUSIVE', 'BEGIN IMMEDIATE', 'COMMIT']],
  ['writes to it without a log', usedFile, ['PRAGMA journal_mode = DELETE', 'BEGIN EXCLUSIVE']],
  [
    'reads it without a log',
    usedFile,
    ['PRAGMA journal_mode = DELETE', 'BEGIN', 'SELECT * FROM identity_client'],
  ],
  [
    'has it for itself while it is new',
    () => {
      const path = join(temporaryDirectory(), 'identity.db');
      writeFileSync(path, '');
      return Promise.resolve(path);
    },
    ['BEGIN EXCLUSIVE'],
  ],
];

describe('a file of SQLite that another program locks for longer than the wait', () => {
  // All at once, as each takes the whole wait.
  it('may recover, says so, and is opened once the other program has finished', async () => {
    const outcomes = await Promise.all(
      HOLDS.map(async ([name, file, statements]) => {
        const path = await file();
        const other = new Sqlite(path);
        // A prepared statement would hold the file after the close, until it is collected.
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
      'changed meanwhile',
      error('database is locked', 'SQLITE_BUSY_SNAPSHOT'),
      /is locked by another program/,
    ],
    ['finds no room', error('database or disk is full', 'SQLITE_FULL'), /The disk .* is full/],
    ['finds no room for its file', error('no space left on device', 'ENOSPC'), /The disk .* is full/],
    ['is over its quota', error('quota exceeded', 'EDQUOT'), /The disk .* is full/],
  ])('may recover if it %s', (_name, cause, words) => {
    const { message, mayRecover } = unusableFile('/data/identity.db', cause);
    expect(isFaultOfFile(cause)).toBe(true);
    expect(mayRecover).toBe(true);
    expect(message).toMatch(words);
    expect(message).toContain('Nothing was changed');
    expect(message).not.toMatch(/version|backup/);
  });

  it.each<[string, Error]>([
    ['is no database', error('file is not a database', 'SQLITE_NOTADB')],
    ['is broken', error('database disk image is malformed', 'SQLITE_CORRUPT')],
    ['may not be written', error('attempt to write a readonly database', 'SQLITE_READONLY')],
    ['cannot be opened', error('unable to open database file', 'SQLITE_CANTOPEN')],
    ['cannot be read from its disk', error('disk I/O error', 'SQLITE_IOERR_READ')],
  ])('needs the operator if it %s', (_name, cause) => {
    expect(isFaultOfFile(cause)).toBe(true);
    expect(unusableFile('/data/identity.db', cause).mayRecover).toBe(false);
  });
});

describe('failedMigration', () => {
  it.each<[string, Error]>([
    ['a lost connection', error('Connection terminated unexpectedly')],
    ['a connection that was reset', error('read ECONNRESET', 'ECONNRESET')],
    ['a server that shuts down', error('terminating connection due to administrator command', '57P01')],
    ['a server without connections', error('too many clients already', '53300')],
    ['a disk of the server that is full', error('could not extend file', '53100')],
    ['a deadlock', error('deadlock detected', '40P01')],
    ['a lock that is not available', error('canceling statement due to lock timeout', '55P03')],
    ['a statement that took too long', error('canceling statement due to statement timeout', '57014')],
    ['a pooler that lost its server', error('server closed the connection unexpectedly', '08P01')],
    ['a lost connection of MySQL', error('The server closed the connection', 'PROTOCOL_CONNECTION_LOST')],
    ['a lock of MySQL', error('Lock wait timeout exceeded', 'ER_LOCK_WAIT_TIMEOUT')],
    ['a deadlock of MySQL', error('Deadlock found', 'ER_LOCK_DEADLOCK')],
    ['too many connections of MySQL', error('Too many connections', 'ER_CON_COUNT_ERROR')],
  ])('may recover after %s', (_name, cause) => {
    const { message, mayRecover } = failedMigration('postgres', cause);
    expect(mayRecover).toBe(true);
    expect(message).not.toContain('version');
  });

  it.each<[string, Error]>([
    ['a table that is not there', error('relation "x" does not exist', '42P01')],
    ['a right that the user lacks', error('permission denied for schema public', '42501')],
    ['a statement of MySQL', error('You have an error in your SQL syntax', 'ER_PARSE_ERROR')],
    ['a right of MySQL that the user lacks', error('CREATE command denied', 'ER_TABLEACCESS_DENIED_ERROR')],
    ['a fault of the migration', error('the migration fails')],
  ])('needs the operator after %s', (_name, cause) => {
    expect(failedMigration('mysql', cause).mayRecover).toBe(false);
  });
});
