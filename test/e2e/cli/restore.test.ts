import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandLine, type Ended } from '../../support/command-line.js';
import { compiledSource } from '../../support/compiled-source.js';
import { databases, describeEachDatabase } from '../../support/databases.js';
import { closeDatabases } from '../../support/opened-databases.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const OTHER_KEY = 'another-key-encryption-key-32-by';

let cli: CommandLine;
let main: string;
/** The key that encrypted the private keys of the database. */
let key: string;
beforeAll(async () => {
  cli = CommandLine.prepare();
  main = join(compiledSource(), 'src/main.js');
  await cli.run('clients', 'create', '--id', 'one', '--create');
  key = readFileSync(join(cli.directory, 'data/key-encryption-key'), 'utf8');
}, 30_000);
afterAll(async () => {
  await closeDatabases();
  await Promise.all(databases.map((each) => each.close()));
  removeTemporaryDirectories();
});

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();

/** A folder with only a copy of the database. */
function restored(): string {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'data'));
  copyFileSync(join(cli.directory, 'data/identity.db'), join(directory, 'data/identity.db'));
  return directory;
}

/** Starts the service, and stops it once it listens. */
function start(directory: string, environment: NodeJS.ProcessEnv): Promise<Ended> {
  const options = { cwd: directory, env: { PATH: process.env['PATH'], PORT: '0', ...environment } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
    child.stdout?.on('data', (text: string) => text.includes('"listening"') && child.kill('SIGTERM'));
  });
}

describe('a database restored without its key encryption key', () => {
  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ['no key', {}, /there is no \S+\/data\/key-encryption-key: [^]*Restore that file/],
    ['no key and two workers', { WORKERS: '2' }, /Restore that file/],
    ['another key', { KEY_ENCRYPTION_KEY: OTHER_KEY }, /KEY_ENCRYPTION_KEY does not decrypt the key/],
  ])(
    'makes the service and commands exit 78 without creating files, with %s',
    async (_name, environment, words) => {
      const directory = restored();
      const runs = [
        await start(directory, environment),
        await cli.with(environment, directory).run('clients', 'list'),
        await cli.with(environment, directory).run('clients', 'create', '--id', 'two', '--create'),
      ];
      for (const { code, stdout, stderr } of runs) {
        expect({ code, stdout, stderr }).toEqual({
          code: 78,
          stdout: '',
          stderr: expect.stringMatching(words),
        });
      }
      expect(filesIn(directory).filter((name) => !/-(wal|shm)$/.test(name))).toEqual([
        'data',
        'data/identity.db',
      ]);
    },
    60_000,
  );

  it('makes the service and commands exit 78 with another key in data/', async () => {
    const directory = restored();
    writeFileSync(join(directory, 'data/key-encryption-key'), OTHER_KEY);
    expect((await start(directory, {})).code).toBe(78);
    expect((await cli.with({}, directory).run('clients', 'list')).code).toBe(78);
    expect(filesIn(directory)).not.toContain('data/jwt-secret-key');
  }, 30_000);

  it('works once the key is set; the service then generates the missing shared secret', async () => {
    const directory = restored();
    expect((await start(directory, { KEY_ENCRYPTION_KEY: key })).code).toBe(0);
    expect(filesIn(directory)).toContain('data/jwt-secret-key');
    expect(filesIn(directory)).not.toContain('data/key-encryption-key');
    const { stdout } = await cli.with({ KEY_ENCRYPTION_KEY: key }, directory).run('clients', 'list');
    expect(stdout).toBe('one\tone\n');
  }, 30_000);
});

describe('a new folder', () => {
  it('gets a database and both secrets at the first start of the service', async () => {
    const directory = temporaryDirectory();
    expect((await start(directory, {})).code).toBe(0);
    expect(filesIn(directory)).toEqual(
      expect.arrayContaining(['data/identity.db', 'data/jwt-secret-key', 'data/key-encryption-key']),
    );
  }, 30_000);
});

describeEachDatabase(
  (database) => {
    it('makes the service and commands exit 78 in a folder without its key encryption key', async () => {
      const environment = { DATABASE_URL: await database.url() };
      const home = cli.with(environment, temporaryDirectory());
      expect((await home.run('clients', 'create', '--id', 'one')).code).toBe(0);
      const elsewhere = temporaryDirectory();
      const runs = [
        await start(elsewhere, environment),
        await cli.with(environment, elsewhere).run('clients', 'create', '--id', 'two'),
      ];
      for (const { code, stderr } of runs) {
        expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('Restore that file') });
      }
      expect(filesIn(elsewhere)).toEqual([]);
    }, 60_000);
  },
  databases.map(({ name }) => name).filter((name) => name !== 'SQLite'),
);
