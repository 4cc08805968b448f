import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MIGRATIONS } from '../../../src/database/migrations.js';
import { compiledSource } from '../../support/compiled-source.js';
import { describeEachDatabase } from '../../support/databases.js';
import { closeDatabases, open } from '../../support/opened-databases.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const INSTANCE = fileURLToPath(new URL('instance.js', import.meta.url));
const INSTANCES = 4;

/** What an instance found in the database that it opened. */
interface Found {
  readonly migrations?: readonly string[];
  /** How many instances had made their change, this one included. */
  readonly starts?: number;
  readonly error?: string;
}

let instances: readonly ChildProcess[];

beforeAll(async () => {
  const compiled = compiledSource();
  const script = join(compiled, 'instance.js');
  copyFileSync(INSTANCE, script);
  const options = { cwd: compiled, execArgv: [], env: {} };
  instances = Array.from({ length: INSTANCES }, () => fork(script, options));
  // Loading takes longer than opening a database: all wait here, to begin at the same time.
  await Promise.all(instances.map((instance) => once(instance, 'message')));
}, 60_000);
afterAll(() => {
  for (const instance of instances) instance.disconnect();
  removeTemporaryDirectories();
});

/** Opens the database in every process at once. */
function openTogether(url: string): Promise<Found[]> {
  return Promise.all(
    instances.map(async (instance) => {
      const answered = once(instance, 'message');
      instance.send(url);
      const [found] = (await answered) as [Found];
      return found;
    }),
  );
}

const NAMES = MIGRATIONS.map((migration) => new migration().name);

/** Every instance found all migrations, each run once, and none of their changes was lost. */
function expectAllUsable(found: readonly Found[]): void {
  expect(found.map(({ error }) => error)).toEqual(found.map(() => undefined));
  for (const { migrations } of found) expect(migrations).toEqual(NAMES);
  expect(found.map(({ starts }) => starts).sort()).toEqual(found.map((_, i) => i + 1));
}

describe('several processes that start together', () => {
  describeEachDatabase((database) => {
    afterAll(closeDatabases);

    it('on a new database run the migrations once, and all can use it', async () => {
      for (let round = 0; round < 3; round++) expectAllUsable(await openTogether(await database.url()));
    }, 60_000);

    it('on a database that is up to date run no migration', async () => {
      const url = await database.url();
      const first = await open(url);
      const ran = (): Promise<unknown> => first.query('SELECT * FROM identity_migration');
      const before = await ran();
      expectAllUsable(await openTogether(url));
      expect(await ran()).toEqual(before);
    }, 60_000);
  });

  it('create the folder of the SQLite file if it is missing', async () => {
    for (let round = 0; round < 3; round++) {
      expectAllUsable(await openTogether(`sqlite:${temporaryDirectory()}/data/identity.db`));
    }
  }, 60_000);
});
