import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandLine } from '../../support/command-line.js';
import { Commands } from '../../support/commands.js';
import { describeEachDatabase } from '../../support/databases.js';
import { closeDatabases, open } from '../../support/opened-databases.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const KEY = 'a-key-encryption-key-of-32-bytes';

/** Every command that needs an existing database. */
const COMMANDS = [
  ['clients', 'list'],
  ['clients', 'list', '--json'],
  ['clients', 'show', 'one'],
  ['clients', 'update', 'one', '--name', 'Two'],
  ['clients', 'disable', 'one'],
  ['clients', 'enable', 'one'],
  ['clients', 'delete', 'one'],
  ['clients', 'secrets', 'add', 'one'],
  ['clients', 'secrets', 'end', 'one', 'secret'],
  ['keys', 'list'],
  ['keys', 'rotate'],
  ['keys', 'rotate', '--revoke'],
  ['doctor'],
];

afterAll(removeTemporaryDirectories);

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();

describe('a folder without a database', () => {
  let directory: string;
  let commands: Commands;
  beforeAll(() => {
    directory = temporaryDirectory();
    commands = Commands.start({ NODE_ENV: 'development', PORT: '3000' }, directory);
  });
  afterAll(() => commands.end());

  it.each(
    [...COMMANDS, ['clients', 'create', '--id', 'one']].map((words) => [words.join(' '), words] as const),
  )('is left empty by %s, which names the missing file', async (_name, words) => {
    const { refusal, stdout, log } = await commands.run(...words);
    expect({ stdout, log }).toEqual({ stdout: '', log: '' });
    expect(refusal).toContain(`There is no database of identity-backend at ${directory}/data/identity.db.`);
    expect(filesIn(directory)).toEqual([]);
  });
});

describe('a database in memory', () => {
  it('is rejected by commands', async () => {
    const directory = temporaryDirectory();
    const commands = Commands.start({ DATABASE_URL: 'sqlite::memory:', KEY_ENCRYPTION_KEY: KEY }, directory);
    const { refusal } = await commands.run('clients', 'list');
    const created = await commands.run('clients', 'create', '--id', 'one', '--create');
    await commands.end();
    expect([refusal, created.refusal]).toEqual([
      expect.stringContaining(':memory:'),
      expect.stringContaining(':memory:'),
    ]);
  });
});

describe('a command in a folder without a database', () => {
  let cli: CommandLine;
  beforeAll(() => {
    cli = CommandLine.prepare();
  });

  it('exits 78; with --create, it creates the database and its key, but no shared secret', async () => {
    const [list, create] = [
      await cli.run('clients', 'list'),
      await cli.run('clients', 'create', '--id', 'one'),
    ];
    expect([list.code, create.code]).toEqual([78, 78]);
    expect(create.stderr).toContain('add --create');
    expect(filesIn(cli.directory)).toEqual([]);
    const made = await cli.run('clients', 'create', '--id', 'one', '--create');
    expect(made.code).toBe(0);
    expect(made.stderr).toContain(`Creating the database ${cli.directory}/data/identity.db`);
    expect(filesIn(cli.directory)).toEqual(['data', 'data/identity.db', 'data/key-encryption-key']);
    expect((await cli.run('clients', 'list')).stdout).toBe('one\tone\n');
  }, 60_000);

  it('accepts --directory and --env-file before and after its name', async () => {
    const [service, elsewhere] = [temporaryDirectory(), temporaryDirectory()];
    const envFile = join(elsewhere, 'environment');
    writeFileSync(envFile, 'DATABASE_URL=sqlite:db/clients.db\n');
    mkdirSync(join(service, 'db'));
    const create = ['clients', 'create', '--id', 'two', '--directory', service, '--env-file', envFile];
    const made = await cli.run(...create);
    expect(made.stderr).toContain(`Creating the database ${service}/db/clients.db`);
    expect(filesIn(service)).toEqual(['data', 'data/key-encryption-key', 'db', 'db/clients.db']);
    const there = cli.with({}, elsewhere);
    const runs = await Promise.all([
      there.run('--env-file=environment', '--directory', service, 'clients', 'list'),
      there.run('clients', '--directory', service, 'list', '--env-file', 'environment'),
    ]);
    for (const { code, stdout } of runs) expect({ code, stdout }).toEqual({ code: 0, stdout: 'two\ttwo\n' });
    const without = await there.run('clients', 'list', '--directory', service);
    expect({ code: without.code, stderr: without.stderr }).toEqual({
      code: 78,
      stderr: expect.stringContaining(`${service}/data/identity.db`),
    });
  }, 60_000);

  it.each([
    ['a missing folder', ['--directory', 'nowhere'], /Folder not found: \/\S+\/nowhere/],
    ['a file in place of a folder', ['--directory', 'file'], /Folder not found: \/\S+\/file/],
    ['a missing settings file', ['--env-file', 'nowhere'], /File not found: \/\S+\/nowhere/],
    ['a folder in place of a settings file', ['--env-file', '.'], /cannot be read/],
  ])(
    'exits 78 for %s',
    async (_name, words, message) => {
      writeFileSync(join(cli.directory, 'file'), '');
      const { code, stdout, stderr } = await cli.run('clients', 'list', ...words);
      expect({ code, stdout, stderr }).toEqual({
        code: 78,
        stdout: '',
        stderr: expect.stringMatching(message),
      });
    },
    30_000,
  );
});

describeEachDatabase((database) => {
  describe(`a database on ${database.name} without tables of the service`, () => {
    afterAll(closeDatabases);

    it('does not exist for commands until the first client is created', async () => {
      const url = await database.url();
      const directory = temporaryDirectory();
      const commands = Commands.start({ DATABASE_URL: url, KEY_ENCRYPTION_KEY: KEY }, directory);
      for (const words of COMMANDS) {
        const { refusal } = await commands.run(...words);
        expect([words, refusal]).toEqual([words, expect.stringMatching(/^There is no database/)]);
        expect(refusal).not.toMatch(/root@|postgres@|:.*@/);
      }
      const created = await commands.run('clients', 'create', '--id', 'one');
      const listed = await commands.run('clients', 'list');
      await commands.end();
      expect([created.refusal, listed.stdout]).toEqual([null, 'one\tone\n']);
      expect(filesIn(directory)).toEqual([]);
    }, 60_000);

    it('gets no table from a rejected command', async () => {
      const url = await database.url();
      const commands = Commands.start({ DATABASE_URL: url, KEY_ENCRYPTION_KEY: KEY }, temporaryDirectory());
      await commands.run('clients', 'list');
      await commands.run('keys', 'rotate', '--revoke');
      await commands.end();
      const dataSource = await open(url, { migrations: [] });
      expect(await dataSource.createQueryRunner().hasTable('identity_client')).toBe(false);
    }, 60_000);
  });
});
