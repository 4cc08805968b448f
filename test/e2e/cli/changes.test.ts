import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Commands } from '../../support/commands.js';
import { describeEachDatabase } from '../../support/databases.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const KEY = 'a-key-encryption-key-of-32-bytes';

let commands: Commands;
let made = 0;
let id: string;
beforeAll(() => {
  commands = Commands.start({ KEY_ENCRYPTION_KEY: KEY }, temporaryDirectory());
});
beforeEach(async () => {
  id = `client-${++made}`;
  const lists = ['--audience', 'a', '--audience', 'b', '--scope', 'r', '--claim', 'tenant'];
  const { refusal } = await commands.run(
    'clients',
    'create',
    '--id',
    id,
    ...lists,
    '--may-act-for',
    'user-*',
  );
  expect(refusal).toBeNull();
});
afterAll(async () => {
  await commands.end();
  removeTemporaryDirectories();
});

const update = (line: string): ReturnType<Commands['run']> =>
  commands.run('clients', 'update', id, ...line.split(' '));

async function shown(): Promise<Readonly<Record<string, unknown>>> {
  return (await commands.run('clients', 'show', id, '--json')).json;
}

describe('clients update', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['--audience billing', { audiences: ['billing'] }, /^Changed audiences: a, b -> billing$/m],
    ['--add-audience c', { audiences: ['a', 'b', 'c'] }, /^Changed audiences: a, b -> a, b, c$/m],
    ['--add-audience c --add-audience d', { audiences: ['a', 'b', 'c', 'd'] }, /-> a, b, c, d$/m],
    ['--remove-audience a', { audiences: ['b'] }, /^Changed audiences: a, b -> b$/m],
    ['--remove-audience a --remove-audience b', { audiences: [] }, /^Changed audiences: a, b -> -$/m],
    ['--add-audience c --remove-audience a', { audiences: ['b', 'c'] }, /-> b, c$/m],
    ['--add-audience a', { audiences: ['a', 'b'] }, /^Nothing changed$/m],
    ['--add-scope w', { scopes: ['r', 'w'] }, /^Changed scopes: r -> r, w$/m],
    ['--remove-scope r', { scopes: [] }, /^Changed scopes: r -> -$/m],
    ['--add-claim org --remove-claim tenant', { claims: ['org'] }, /^Changed claims: tenant -> org$/m],
    [
      '--add-may-act-for job-1',
      { may_act_for: ['user-*', 'job-1'] },
      /^Changed may_act_for: user-\* -> user-\*, job-1$/m,
    ],
    ['--remove-may-act-for user-*', { may_act_for: [] }, /^Changed may_act_for: user-\* -> -$/m],
    [
      '--name New --lifetime 60',
      { name: 'New', token_lifetime_seconds: 60 },
      /^Changed name: client-\d+ -> New\nChanged token_lifetime_seconds: - -> 60$/m,
    ],
    [
      '--scope x --add-audience c',
      { scopes: ['x'], audiences: ['a', 'b', 'c'] },
      /a, b -> a, b, c\nChanged scopes: r -> x$/m,
    ],
    [
      '--audience c --default-audience c',
      { audiences: ['c'], default_audience: 'c' },
      /^Changed default_audience: - -> c$/m,
    ],
  ])('prints what it changed: %s', async (line, expected, words) => {
    const { stdout, refusal } = await update(line);
    expect({ refusal, stdout }).toEqual({ refusal: null, stdout: expect.stringMatching(words) });
    expect(await shown()).toMatchObject(expected);
    expect(stdout.match(/^Changed /gm)?.length ?? 0).toBe(
      words.source.includes('Nothing') ? 0 : stdout.match(/ -> /g)?.length,
    );
  });

  it('removes a single value with -', async () => {
    await update('--default-audience a --lifetime 60');
    const { stdout } = await update('--default-audience - --lifetime -');
    expect(stdout).toMatch(/^Changed default_audience: a -> -\nChanged token_lifetime_seconds: 60 -> -$/m);
  });

  it('prints only the client with --json', async () => {
    expect((await commands.run('clients', 'update', id, '--add-scope', 'w', '--json')).json).toEqual(
      await shown(),
    );
  });

  it.each([
    ['--remove-audience c', /audiences has no "c" to remove/],
    ['--remove-audience a --remove-scope c', /scopes has no "c" to remove/],
    ['--add-scope w --remove-claim c', /claims has no "c" to remove/],
    ['--remove-may-act-for user-1', /may_act_for has no "user-1" to remove/],
    ['--audience a --remove-audience b', /either replaced .* or added to/],
    ['--add-scope a --remove-scope a', /both added to scopes and removed/],
    ['--add-claim sub', /claims must be/],
  ])('rejects and changes nothing: %s', async (line, words) => {
    const before = await shown();
    expect(await update(line)).toMatchObject({
      refusal: expect.stringMatching(words),
      stdout: '',
      audited: [],
    });
    expect(await shown()).toEqual(before);
  });

  it('removes the default audience from the audiences only with --default-audience -', async () => {
    await update('--default-audience a');
    expect((await update('--remove-audience a')).refusal).toMatch(
      /default_audience must be one of audiences/,
    );
    expect((await update('--remove-audience a --default-audience -')).refusal).toBeNull();
  });
});

describeEachDatabase((database) => {
  it(`loses no addition when two processes change a client at once, on ${database.name}`, async () => {
    const environment = { DATABASE_URL: await database.url(), KEY_ENCRYPTION_KEY: KEY };
    const both = [1, 2].map(() => Commands.start(environment, temporaryDirectory()));
    const [first] = both;
    await first?.run('clients', 'create', '--id', 'shared', '--scope', 's');
    const names = Array.from({ length: 6 }, (_each, index) => `s${index}`);
    await Promise.all(
      both.map(async (each, side) => {
        for (const name of names) {
          const { refusal } = await each.run('clients', 'update', 'shared', '--add-scope', `${side}-${name}`);
          expect(refusal).toBeNull();
        }
      }),
    );
    const scopes = (await first?.run('clients', 'show', 'shared', '--json'))?.json['scopes'] as string[];
    await Promise.all(both.map((each) => each.end()));
    expect(scopes.sort()).toEqual(['s', ...names.flatMap((name) => [`0-${name}`, `1-${name}`])].sort());
  }, 60_000);
});
