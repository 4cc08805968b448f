import { execFile, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Command, commandsOf, type Page, pages } from '../../support/markdown.js';
import { RunningApp } from '../../support/running-app.js';

const SECRET = 'a secret of the test of the pages, "quoted" and long: Grüße';

/** Fields that differ from one response to the next: only their type is compared. */
const VARYING: ReadonlySet<string> = new Set([
  'token',
  'iat',
  'exp',
  'jti',
  'fingerprint',
  'server_time',
  'version',
]);

function shape(value: unknown, name = ''): unknown {
  if (VARYING.has(name)) return typeof value;
  if (Array.isArray(value)) return value.map((entry) => shape(entry));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, shape(field, key)]));
}

const isInstalled = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const absent = ['bash', 'curl'].filter((program) => !isInstalled(program));
const hasPython = isInstalled('python3');
if (absent.length > 0)
  console.log(`Skipped, the commands of the pages: ${absent.join(' and ')} not installed`);
if (!hasPython) console.log('Skipped, the Python command of the pages: python3 is not installed');

interface ExecutedPage extends Page {
  readonly commands: readonly Command[];
}

const executed: readonly ExecutedPage[] = pages()
  .map((page) => ({ ...page, commands: commandsOf(page) }))
  .filter(({ commands }) => commands.length > 0);

/** Runs the commands of a page in one shell, as a reader does: later ones use earlier variables. */
async function outputsOf({ commands }: ExecutedPage, origin: string): Promise<string[]> {
  const script = commands
    .map((command) => (command.script.includes('python3') && !hasPython ? '' : command.script))
    .map((text) => text.replaceAll('http://127.0.0.1:3000', origin))
    .join('\nprintf "\\036"\n');
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    env: { ...process.env, JWT_SECRET_KEY: SECRET, NO_PROXY: '127.0.0.1' },
  });
  return stdout.split('\x1e');
}

describe('the documentation pages', () => {
  it('have commands to execute, with their responses', () => {
    const commands = executed.flatMap((page) => page.commands);
    expect(executed.map(({ path }) => path)).toEqual(['README.md', 'docs/api.md', 'docs/troubleshooting.md']);
    expect(commands.filter(({ answer }) => answer).length).toBeGreaterThan(10);
  });
});

(absent.length > 0 ? describe.skip : describe)('the commands of the documentation pages', () => {
  let service: RunningApp | undefined;
  const outputs = new Map<string, readonly string[]>();

  beforeAll(async () => {
    service = await RunningApp.start({ secret: SECRET, swagger: true });
    for (const page of executed) outputs.set(page.path, await outputsOf(page, service.origin));
  });

  afterAll(() => service?.stop());

  const shown = executed.flatMap(({ path, commands }) =>
    commands.flatMap(({ heading, script, answer }, index) =>
      answer && !script.includes('python3') ? [{ path, heading, index, answer }] : [],
    ),
  );

  it.each(shown.filter(({ answer }) => answer.language === 'json'))(
    'return the JSON shown: $path, $heading (command $index)',
    ({ path, index, answer }) => {
      expect(shape(JSON.parse(outputs.get(path)?.[index] ?? ''))).toEqual(shape(JSON.parse(answer.text)));
    },
  );

  it.each(shown.filter(({ answer }) => answer.language === 'text'))(
    'print the text shown: $path, $heading (command $index)',
    ({ path, index, answer }) => {
      expect(outputs.get(path)?.[index]?.trim()).toBe(answer.text.trim());
    },
  );

  describe('the fingerprint', () => {
    const path = 'docs/troubleshooting.md';
    const commands = executed.find((page) => page.path === path)?.commands ?? [];
    const outputOf = (part: string): string =>
      outputs.get(path)?.[commands.findIndex(({ script }) => script.includes(part))] ?? '';

    (hasPython ? it : it.skip)('is the same in Python as in /debug-env', () => {
      const response = JSON.parse(outputOf('nonce=$NONCE')) as { JWT_SECRET_KEY: { fingerprint: string } };
      expect(outputOf('python3').trim()).toBe(response.JWT_SECRET_KEY.fingerprint);
    });

    it('is the HMAC that the contract defines, with the nonce of the command', () => {
      const expected = createHmac('sha256', SECRET)
        .update('identity-backend/secret-fingerprint/v1check-1')
        .digest('hex');
      expect(outputOf('nonce=$NONCE')).toContain(`"fingerprint":"${expected.slice(0, 16)}"`);
    });
  });
});
