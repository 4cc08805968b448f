import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClientTable } from '../../../src/database/entities.js';
import { closeDatabases, open, refusalToOpen } from '../../support/opened-databases.js';
import { asOrdinaryUser, ordinaryUserMissing } from '../../support/ordinary-user.js';
import { describeWhereReachable } from '../../support/reachable.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const PAGE = 4096;

/** The bytes of a database with 200 clients. */
let intact: Buffer;

beforeAll(async () => {
  const path = join(temporaryDirectory(), 'identity.db');
  const dataSource = await open(`sqlite:${path}`);
  const rows = Array.from({ length: 200 }, (_, i) => ({
    id: `client-${i}`,
    revision: i + 1,
    document: JSON.stringify({ name: 'x'.repeat(500) }),
  }));
  await dataSource.getRepository(ClientTable).insert(rows);
  await dataSource.query('PRAGMA wal_checkpoint(TRUNCATE)');
  await dataSource.destroy();
  intact = readFileSync(path);
});
afterAll(async () => {
  await closeDatabases();
  removeTemporaryDirectories();
});

/** A path in a new folder that every user can enter. */
function freshPath(name = 'identity.db'): string {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o755);
  return join(directory, name);
}

function fileOf(bytes: Uint8Array, mode = 0o644): string {
  const path = freshPath();
  writeFileSync(path, bytes);
  chmodSync(path, mode);
  return path;
}

describe('an SQLite file', () => {
  it('is created with its folder if missing, accessible to its owner only', async () => {
    const folder = freshPath('data');
    await open(`sqlite:${folder}/identity.db`);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'identity.db')).mode & 0o777).toBe(0o600);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  });

  it('keeps its rows when it is opened again', async () => {
    const dataSource = await open(`sqlite:${fileOf(intact)}`);
    expect(await dataSource.getRepository(ClientTable).count()).toBe(200);
  });

  it('uses journal_mode WAL and synchronous FULL', async () => {
    const dataSource = await open(`sqlite:${freshPath()}`);
    const pragma = async (name: string): Promise<unknown> =>
      Object.values((await dataSource.query<object[]>(`PRAGMA ${name}`))[0] ?? {})[0];
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
  });

  it('is a new database if it is empty', async () => {
    const dataSource = await open(`sqlite:${fileOf(Buffer.alloc(0))}`);
    expect(await dataSource.getRepository(ClientTable).count()).toBe(0);
  });

  describe('is rejected and left unchanged if it holds', () => {
    it.each<[string, () => Uint8Array]>([
      ['random bytes', () => randomBytes(3 * PAGE)],
      ['zeros', () => Buffer.alloc(PAGE)],
      ['a text', () => Buffer.from('JWT_SECRET_KEY=changeme\n')],
      ['half a database', () => intact.subarray(0, intact.length / 2)],
      ['a database cut within a page', () => intact.subarray(0, 10 * PAGE + 100)],
      ['a database without its last page', () => intact.subarray(0, -PAGE)],
      ['only the first page of a database', () => intact.subarray(0, PAGE)],
      ['only the first bytes of a database', () => intact.subarray(0, 50)],
      [
        'a header followed by random bytes',
        () => Buffer.concat([intact.subarray(0, 100), randomBytes(intact.length - 100)]),
      ],
      ['a database with zeros in the middle', () => Buffer.from(intact).fill(0, 20 * PAGE, 21 * PAGE)],
      [
        'a database with random bytes in the middle',
        () => Buffer.concat([intact.subarray(0, 20 * PAGE), randomBytes(PAGE), intact.subarray(21 * PAGE)]),
      ],
    ])('%s', async (_name, bytesOf) => {
      const bytes = bytesOf();
      const path = fileOf(bytes);
      const { message, mayRecover } = await refusalToOpen(`sqlite:${path}`);
      expect(mayRecover).toBe(false);
      expect(message).toMatch(/^The SQLite file \S+identity\.db cannot be used: /);
      expect(message).toContain(path);
      expect(message).toContain('It was left unchanged. Restore it from a backup');
      expect(readFileSync(path).equals(bytes)).toBe(true);
      // A later start would apply a journal to the file.
      const journal = `${path}-wal`;
      expect(existsSync(journal) ? statSync(journal).size : 0).toBe(0);
    });
  });

  it.each<[string, () => string]>([
    ['a folder in its place', () => temporaryDirectory()],
    ['a file in place of its folder', () => join(fileOf(Buffer.from('text')), 'identity.db')],
    ['a file in place of the folder above', () => join(fileOf(Buffer.from('text')), 'data', 'identity.db')],
    ['no folder above its own', () => freshPath('no/such/identity.db')],
    ['a file system that accepts no files', () => '/proc/identity.db'],
    ['a file system that accepts no folders', () => '/proc/data/identity.db'],
  ])('is rejected if there is %s', async (_name, pathOf) => {
    const path = pathOf();
    const { message, mayRecover } = await refusalToOpen(`sqlite:${path}`);
    expect(mayRecover).toBe(false);
    expect(message).toContain(`The SQLite file ${path} cannot be used: `);
  });
});

describeWhereReachable('an SQLite file, for an unprivileged user,', ordinaryUserMissing, () => {
  const refusalOf = (path: string) => asOrdinaryUser(() => refusalToOpen(`sqlite:${path}`));
  const IN_A_WRITABLE_FOLDER = 0o777;

  it.each([
    ['in a folder that is not writable', 0o755],
    ['in a writable folder', IN_A_WRITABLE_FOLDER],
  ])('is rejected if it is read-only, %s', async (_name, modeOfFolder) => {
    const path = fileOf(intact, 0o444);
    chmodSync(join(path, '..'), modeOfFolder);
    const { message, mayRecover } = await refusalOf(path);
    expect(mayRecover).toBe(false);
    expect(message).toMatch(/readonly/);
    expect(message).toContain('let the user that runs the service read and write it and its folder');
    expect(readFileSync(path).equals(intact)).toBe(true);
  });

  it('is rejected if it is not readable', async () => {
    const path = fileOf(intact, 0o000);
    const { message, mayRecover } = await refusalOf(path);
    expect(mayRecover).toBe(false);
    expect(message).toContain(`The SQLite file ${path} cannot be used`);
    expect(readFileSync(path).equals(intact)).toBe(true);
  });

  it.each([
    ['file', 'identity.db'],
    ['folder', 'data/identity.db'],
  ])('is rejected if its %s cannot be created', async (_name, below) => {
    const folder = freshPath('unwritable');
    mkdirSync(folder);
    chmodSync(folder, 0o555);
    const { message, mayRecover } = await refusalOf(join(folder, below));
    expect(mayRecover).toBe(false);
    expect(message).toMatch(/EACCES.*Let the user that runs the service write its folder\.$/);
    expect(readdirSync(folder)).toEqual([]);
  });
});
