import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CommandLine } from '../../support/command-line.js';
import { Commands, type Ran } from '../../support/commands.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

/** No command of these tests finds a database: that is the only error of a valid command line. */
const UNDERSTOOD = /^There is no database/;

let directory: string;
let commands: Commands;
beforeAll(() => {
  directory = temporaryDirectory();
  commands = Commands.start({}, directory);
});
afterAll(async () => {
  await commands.end();
  expect(readdirSync(directory)).toEqual([]);
  removeTemporaryDirectories();
});

async function refusalOf(words: readonly string[]): Promise<string | null> {
  const { refusal, stdout }: Ran = await commands.run(...words);
  expect(stdout).toBe('');
  return refusal;
}

const words = (line: string): string[] => line.split(' ').map((word) => (word === "''" ? '' : word));

describe('an invalid command line', () => {
  it.each([
    'clients',
    'clients bogus',
    'bogus',
    'clients secrets bogus',
    'keys',
    'clients list bogus',
    'clients list --bogus',
    'clients list -x',
    'clients list -jx',
    'clients list -5',
    'clients list --json=true',
    'clients list --no-json',
    'clients list -- bogus',
    'clients -- list',
    '-- clients list',
    '--json clients list',
    'clients --json list',
    '--version clients list',
    'clients list --version',
    'clients show',
    "clients show ''",
    'clients show one two',
    'clients show --json',
    'clients show -5',
    'clients disable one two',
    'clients enable one two',
    'clients delete one two',
    'clients delete one --force',
    'clients delete one -- two',
    'issuers',
    'issuers bogus',
    'issuers create --id a',
    'issuers create --issuer a',
    'issuers create --id a --issuer b --id c',
    'issuers update one',
    'issuers update one two --disabled true',
    'issuers update one --disabled',
    'issuers update one --claim /a',
    'issuers update one --use - --use jwt_bearer',
    'issuers test',
    'issuers test a.b.c --use jwt_bearer',
    'issuers test --use bogus',
    'clients update one',
    'clients update one --json',
    'clients update one --scope read write',
    'clients update one --audience a b',
    'clients update one --scope=read write',
    'clients update one two --name three',
    "clients update one --name ''",
    'clients update one --name=',
    'clients update one --name a --name b',
    'clients update one --name a --name a',
    'clients update one --name --json',
    'clients update one --scope --json',
    'clients update one --scope a --scope a',
    'clients update one --scope - --scope a',
    'clients update one --scope a --scope -',
    "clients update one --scope ''",
    'clients update one --add-scope -',
    'clients update one --add-scope a --add-scope a',
    'clients update one --add-scope a --remove-scope a',
    'clients update one --scope a --add-scope b',
    'clients update one --scope - --remove-scope b',
    'clients update one --add-grant-type a',
    'clients update one --jwks nowhere.json',
    'clients update one --lifetime 1 --lifetime 2',
    'clients update one --federated-credential {',
    'clients update one --federated-credential - --federated-credential {}',
    'clients update one --federated-credential {} --federated-credential -',
    'clients update one --jwt-bearer corporate.json',
    'clients update one --jwt-bearer {} --jwt-bearer {}',
    'clients update one --workload-grant yes',
    'clients update one --workload-grant -',
    'clients update one --auth-method - --auth-method federated',
    'clients update one --auth-method federated --auth-method -',
    'clients update one --auth-method federated --auth-method federated',
    'clients create',
    'clients create one',
    'clients create --id',
    'clients create --id --json',
    'clients create --id -- one',
    'clients create --id one two',
    'clients create --id one --id two',
    "clients create --id ''",
    'clients create --id --directory . one',
    'clients create --id one --add-audience a',
    'clients secrets',
    'clients secrets add',
    'clients secrets add one two',
    'clients secrets add one --expires-at tomorrow',
    'clients secrets add one --expires-at 2030-13-01T00:00:00Z',
    'clients secrets add one --expires-at --json',
    'clients secrets end one',
    'clients secrets end one two three',
    'keys list bogus',
    'keys rotate --revoke bogus',
    'keys rotate --algorithm HS256',
    'keys rotate --algorithm es256',
    'keys rotate --algorithm --revoke',
    'keys rotate --algorithm ES256 --algorithm ES256',
    'doctor bogus',
    'doctor --peer',
    'doctor --peer --json',
    'doctor --peer localhost:3000',
    'doctor --peer http://a --peer http://b',
    'clients list --directory',
    'clients list --directory --json',
    'clients list --directory=',
    '--directory . clients list --directory .',
    'clients --env-file a list --env-file a',
    'help bogus',
    'help clients bogus',
    'clients bogus --help',
    'clients list --help --bogus',
    'clients list --bogus --help',
    'clients list bogus --help',
  ])('is rejected: %s', async (line) => {
    const refusal = await refusalOf(words(line));
    expect(refusal).not.toBeNull();
    expect(refusal).not.toMatch(UNDERSTOOD);
  });

  it.each([
    '0x10',
    '1e3',
    '+5',
    '-5',
    ' 5',
    '5 ',
    '５',
    '٥',
    '1.5',
    '1_000',
    '007',
    '5s',
    'Infinity',
    'NaN',
    '',
  ])('is rejected with the lifetime %j', async (lifetime) => {
    for (const given of [['--lifetime', lifetime], [`--lifetime=${lifetime}`]]) {
      expect(await refusalOf(['clients', 'create', '--id', 'one', ...given])).toMatch(/--lifetime/);
    }
  });
});

describe('a valid command line', () => {
  it.each([
    'clients list',
    'clients list --',
    'clients list --json',
    'clients show one',
    'clients show --json one',
    'clients show -- --json',
    'clients show --json -- -5',
    'clients delete -- --help',
    'clients create --id one',
    'clients create --id=one --json',
    'clients create --id=-one',
    'clients create --name=-x --id one --audience a --audience b --lifetime 300 --scope -',
    'clients update one --default-audience - --lifetime - --jwks -',
    'clients update --add-scope a --remove-scope b --audience c one',
    'clients update one --federated-credential {} --federated-credential [] --jwt-bearer {}',
    'clients update one --federated-credential - --jwt-bearer - --auth-method - --workload-grant false',
    'clients secrets end one two',
    'keys rotate --revoke --algorithm ES256',
    'doctor --peer http://127.0.0.1:1',
    '--directory . clients list',
    'clients --directory=. list',
  ])('fails only because there is no database: %s', async (line) => {
    expect(await refusalOf(words(line))).toMatch(UNDERSTOOD);
  });

  it.each([
    '--help',
    '-h',
    'help',
    'help clients',
    'help clients create',
    'clients --help',
    'clients create -h',
  ])('prints help: %s', async (line) => {
    const { refusal, stdout } = await commands.run(...words(line));
    expect({ refusal, stdout }).toEqual({ refusal: null, stdout: expect.stringMatching(/^Usage: /) });
  });

  it('prints the version', async () => {
    expect(await commands.run('--version')).toMatchObject({ refusal: null, stdout: '1.0.0\n' });
  });
});

describe('any command line', () => {
  /** The options of `clients update` that take one value, and those that may be repeated. */
  const VALUED = ['--name', '--default-audience', '--lifetime', '--directory'];
  const LISTS = ['--audience', '--scope', '--add-claim', '--remove-claim', '--may-act-for'];
  const word = fc.constantFrom('a', 'b', '-', '', '--json', '--name', '--', '--nome', '-1', '5', '0x5', '.');

  /** Whether the option may have this value after its previous ones. */
  function takes(option: string, value: string | undefined, before: readonly string[]): value is string {
    if (!value || (value.length > 1 && value.startsWith('-'))) return false;
    if (option === '--lifetime' && !/^(5|-)$/.test(value)) return false;
    if (/^--(add|remove)-/.test(option) && value === '-') return false;
    if (before.length === 0) return true;
    return !VALUED.includes(option) && !before.includes(value) && !before.includes('-') && value !== '-';
  }

  /** @returns the options with their values and the number of operands; `undefined` if they are invalid */
  function read(given: readonly string[]): { options: Map<string, string[]>; operands: number } | undefined {
    const options = new Map<string, string[]>();
    let operands = 0;
    for (let index = 0; index < given.length; index++) {
      const each = given[index] ?? '';
      if (each === '--') {
        const rest = given.slice(index + 1);
        return rest.includes('') ? undefined : { options, operands: operands + rest.length };
      }
      if (VALUED.includes(each) || LISTS.includes(each)) {
        const before = options.get(each) ?? [];
        const value = given[++index];
        if (!takes(each, value, before)) return undefined;
        options.set(each, [...before, value]);
      } else if (each === '' || (each.length > 1 && each.startsWith('-') && each !== '--json'))
        return undefined;
      else if (each !== '--json') operands += 1;
    }
    return { options, operands };
  }

  /** Whether the words are a valid `clients update`. Covers this grammar only, without the parser. */
  function isUnderstood(given: readonly string[]): boolean {
    const { options, operands } = read(given) ?? { options: new Map<string, string[]>(), operands: 0 };
    const removed = options.get('--remove-claim') ?? [];
    if (options.get('--add-claim')?.some((value) => removed.includes(value))) return false;
    return operands === 1 && [...options.keys()].some((name) => name !== '--directory');
  }

  it('is accepted if and only if it is valid, and creates no file', async () => {
    const option = fc.tuple(fc.constantFrom(...VALUED, ...LISTS, '--json'), word);
    const line = fc
      .array(fc.oneof({ weight: 3, arbitrary: option }, { weight: 1, arbitrary: fc.tuple(word) }), {
        maxLength: 5,
      })
      .map((parts) => parts.flat());
    const fitting = fc
      .tuple(fc.constant('a'), fc.array(option, { maxLength: 2 }))
      .map(([id, rest]) => [id, ...rest.flat()]);
    let understood = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(line, fitting), async (given) => {
        const refusal = (await commands.run('clients', 'update', ...given)).refusal ?? '';
        // There is no folder named `a`, `b` or `5`.
        const isRead = UNDERSTOOD.test(refusal) || refusal.includes('Folder not found');
        expect({ given, isRead }).toEqual({ given, isRead: isUnderstood(given) });
        understood += isRead ? 1 : 0;
        expect(readdirSync(directory)).toEqual([]);
      }),
      { numRuns: 500 },
    );
    expect(understood).toBeGreaterThan(20);
  }, 60_000);
});

describe('the process', () => {
  let cli: CommandLine;
  beforeAll(() => {
    // Invalid settings, which are not read.
    cli = CommandLine.prepare().with({ PORT: 'x' });
  });

  it.each<[string, number]>([
    ['--help', 0],
    ['help', 0],
    ['clients create --help', 0],
    ['--version', 0],
    ['', 1],
    ['clients', 1],
    ['clients list bogus', 1],
    ['clients create --id --json', 1],
  ])(
    'does not read the settings: "%s" exits %s',
    async (line, code) => {
      const ended = await cli.run(...words(line).filter((each) => each !== ''));
      expect(ended.code).toBe(code);
      expect(ended.stderr).not.toMatch(/PORT|^ +at .*\(/m);
      expect([ended.stdout === '', ended.stderr === '']).toEqual([code !== 0, code === 0]);
      expect(readdirSync(join(cli.directory))).toEqual([]);
    },
    30_000,
  );
});
