import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandLine, type Ended } from '../../support/command-line.js';
import { removeTemporaryDirectories } from '../../support/temporary-directory.js';

const PASSWORD = 'password-marker';
const UNAVAILABLE = { DATABASE_URL: `postgres://user:${PASSWORD}@127.0.0.1:1/none` };

interface Case {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly code: number;
  readonly words: RegExp;
}

/** Exit code 1 if the command is wrong or may work later; 78 (EX_CONFIG) if the settings are wrong. */
const FAULTS: Case[] = [
  {
    name: 'an ID in use',
    parameters: ['clients', 'create', '--id', 'first'],
    code: 1,
    words: /already/,
  },
  { name: 'no ID', parameters: ['clients', 'create', '--json'], code: 1, words: /--id/ },
  { name: 'an unknown command', parameters: ['clients', 'bogus'], code: 1, words: /Commands:/ },
  {
    name: 'a key set file that is not JSON',
    parameters: ['clients', 'create', '--id', 'a', '--jwks', 'broken.json'],
    code: 1,
    words: /JSON/,
  },
  {
    name: 'an unavailable database',
    parameters: ['clients', 'list'],
    environment: UNAVAILABLE,
    code: 1,
    words: /cannot be reached/,
  },
  {
    name: 'several invalid settings',
    parameters: ['clients', 'list'],
    environment: { JWT_EXPIRATION_MINUTES: '0', PORT: 'x' },
    code: 78,
    words: /JWT_EXPIRATION_MINUTES[^]*PORT/,
  },
  {
    name: 'another key encryption key',
    parameters: ['clients', 'list'],
    environment: { KEY_ENCRYPTION_KEY: 'y'.repeat(32) },
    code: 78,
    words: /KEY_ENCRYPTION_KEY/,
  },
];

let cli: CommandLine;
let created: Ended;
const ended = new Map<string, Ended>();
beforeAll(async () => {
  cli = CommandLine.prepare().with({ KEY_ENCRYPTION_KEY: 'x'.repeat(32) });
  writeFileSync(join(cli.directory, 'broken.json'), '{"keys":');
  created = await cli.run('clients', 'create', '--id', 'first', '--json');
  // Two at a time: each is a process that takes a second to start.
  const waiting = [...FAULTS];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { name, parameters, environment = {} } = next;
      ended.set(name, await cli.with(environment).run(...parameters));
    }
  };
  await Promise.all([work(), work()]);
}, 120_000);
afterAll(removeTemporaryDirectories);

describe('the process of a command', () => {
  it('prints the result to standard output and the audit event to standard error, and exits 0', () => {
    const { code, stdout, stderr } = created;
    expect(code).toBe(0);
    const client = JSON.parse(stdout) as Record<string, unknown>;
    expect(client).toMatchObject({ client_id: 'first', client_secret: expect.any(String) });
    const [making, audited = ''] = stderr.split('\n');
    expect(making).toBe(`Creating the database ${cli.directory}/data/identity.db, which did not exist`);
    expect(JSON.parse(audited)).toMatchObject({ audit: true, event: 'client.created', client: 'first' });
    expect(stderr).not.toContain(String(client['client_secret']));
  });

  it.each(FAULTS)(
    'prints only an error, to standard error, and exits $code: $name',
    ({ name, code, words }) => {
      expect(ended.get(name)).toEqual({ code, stdout: '', stderr: expect.stringMatching(words) });
      const { stderr = '' } = ended.get(name) ?? {};
      // Neither a stack trace nor the value of a setting.
      expect(stderr).not.toMatch(/^ +at .*\(/m);
      expect(stderr).not.toMatch(new RegExp(`${PASSWORD}|x{32}|y{32}`));
    },
  );
});
