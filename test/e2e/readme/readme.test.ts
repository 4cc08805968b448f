import { execFile, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningApp } from '../../support/running-app.js';
import { REFUSAL_MESSAGES } from '../../../src/token/dto/token-response.dto.js';
import { readCommands } from './readme-blocks.js';

const SECRET = 'a secret of the README test, "quoted" and long: Grüße';
const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
const commands = readCommands(readme);

/** Members that differ from one answer to the next: only their type is compared. */
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
  if (Array.isArray(value)) return value.map((member) => shape(member));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shape(member, key)]));
}

const isInstalled = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const absent = ['bash', 'curl'].filter((program) => !isInstalled(program));
const hasPython = isInstalled('python3');
if (absent.length > 0)
  console.log(`Skipped, the commands of the README: ${absent.join(' and ')} not installed`);
if (!hasPython) console.log('Skipped, the Python command of the README: python3 is not installed');

describe('README', () => {
  it('shows the two commands that bring it up and test it', () => {
    expect(readme).toContain('```bash\nnpm ci && npm start\n```');
    expect(readme).toContain('```bash\nnpm ci && npm test\n```');
  });

  it.each(Object.values(REFUSAL_MESSAGES))('explains the error "%s"', (words) => {
    expect(readme).toMatch(new RegExp(`^\\| \`${words}\` `, 'm'));
  });

  it('has commands to execute, with answers', () => {
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.filter(({ answer }) => answer).length).toBeGreaterThan(10);
  });
});

(absent.length > 0 ? describe.skip : describe)('the commands of the README', () => {
  let service: RunningApp | undefined;
  const outputs: string[] = [];
  const outputOf = (part: string): string =>
    outputs[commands.findIndex(({ script }) => script.includes(part))] ?? '';

  beforeAll(async () => {
    service = await RunningApp.start({ secret: SECRET, swagger: true });
    const { origin } = service;
    // One shell for all of them, as a reader has: a variable that is set in one is used in the next.
    const script = commands
      .map((command) => (command.script.includes('python3') && !hasPython ? '' : command.script))
      .map((text) => text.replaceAll('http://127.0.0.1:3000', origin))
      .join('\nprintf "\\036"\n');
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      env: { ...process.env, JWT_SECRET_KEY: SECRET, NO_PROXY: '127.0.0.1' },
    });
    outputs.push(...stdout.split('\x1e'));
  });

  afterAll(() => service?.stop());

  const shown = commands.map((command, index) => ({ ...command, index })).filter(({ answer }) => answer);

  it.each(shown.filter(({ answer }) => answer?.language === 'json'))(
    'answer as shown: $heading (command $index)',
    ({ index, answer }) => {
      expect(shape(JSON.parse(outputs[index] ?? ''))).toEqual(shape(JSON.parse(answer?.text ?? '')));
    },
  );

  it.each(shown.filter(({ answer, script }) => answer?.language === 'text' && !script.includes('python3')))(
    'print what is shown: $heading (command $index)',
    ({ index, answer }) => {
      expect(outputs[index]?.trim()).toBe(answer?.text.trim());
    },
  );

  (hasPython ? it : it.skip)('make the same fingerprint in Python as /debug-env shows', () => {
    const answer = JSON.parse(outputOf('nonce=$NONCE')) as { JWT_SECRET_KEY: { fingerprint: string } };
    expect(outputOf('python3').trim()).toBe(answer.JWT_SECRET_KEY.fingerprint);
  });

  it('the fingerprint is the one of the contract, over the nonce of the command', () => {
    const expected = createHmac('sha256', SECRET)
      .update('identity-backend/secret-fingerprint/v1check-1')
      .digest('hex');
    expect(outputOf('nonce=$NONCE')).toContain(`"fingerprint":"${expected.slice(0, 16)}"`);
  });
});
