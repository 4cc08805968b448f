import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/built-service.js';
import { freePort } from '../support/free-port.js';
import { type Command, commandsOf, pages } from '../support/markdown.js';
import { Program, within } from '../support/program.js';
import { pythonWith } from '../support/python.js';
import { shapeOf } from '../support/shape-of.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const STRONG = 'docs-test-secret-that-no-service-uses-0123456789';

/** The last output of a snippet that revokes its token; the snippet has it in a comment. */
const INACTIVE = /\{ ?'?active'?: [Ff]alse ?\}/;

interface PageCommand extends Command {
  readonly path: string;
}

/** The page that registers the first clients, which the other pages use. */
const FIRST = 'docs/clients.md';

const MARKS = ['bash run-cli', 'bash service', 'js run-cli', 'python run-cli'];
const python = pythonWith('authlib, requests_oauthlib');
if (python === undefined)
  process.stderr.write(
    'Skipped, the Python of docs/oauth.md: no python3 has authlib and requests_oauthlib\n',
  );

/** The commands that need the built service and its command line, in the order in which a reader runs them. */
function commandsOfPages(): readonly PageCommand[] {
  const all = pages();
  return [...all.filter(({ path }) => path === FIRST), ...all.filter(({ path }) => path !== FIRST)].flatMap(
    (page) => commandsOf(page, MARKS).map((command) => ({ ...command, path: page.path })),
  );
}

/** What the shell runs for a block. The service runs in another terminal, and the shell waits for it. */
function shellOf({ mark, script }: Command): string {
  const piped = (program: string): string =>
    // Prefixed, so that no line of output is mistaken for a log line.
    `export CAREERGPT_SECRET\n${program} <<'END OF BLOCK' | sed 's/^/> /'\n${script}END OF BLOCK`;
  switch (mark) {
    case 'bash service':
      return 'until curl -sf http://127.0.0.1:3000/ping >&2; do sleep 0.1; done';
    case 'js run-cli':
      return piped('node --input-type=module');
    case 'python run-cli':
      return python === undefined ? '' : piped(`${python} -`);
    default:
      return script;
  }
}

/** One shell for all blocks, as a reader has: a variable that is set in one block is used in the next. */
function scriptOf(commands: readonly Command[], origin: string): string {
  return commands
    .map((command) => shellOf(command).replaceAll('http://127.0.0.1:3000', origin))
    .join(`\nprintf '\\036'\n`);
}

describe('the commands of the pages', () => {
  it('all succeed, in the order of a reader, and print what the pages show', async () => {
    const port = await freePort();
    const environment = {
      PORT: String(port),
      DATABASE_URL: `sqlite:${join(temporaryDirectory(), 'identity.db')}`,
      JWT_SECRET_KEY: STRONG,
      KEY_ENCRYPTION_KEY: `other-${STRONG}`,
      NO_PROXY: '127.0.0.1',
      // The cache of npx may contain an earlier build of this folder.
      npm_config_cache: temporaryDirectory(),
    };
    const commands = commandsOfPages();
    const at = commands.findIndex(({ mark }) => mark === 'bash service');
    expect(at).toBeGreaterThan(0);
    expect(new Set(commands.map(({ path }) => path))).toEqual(
      new Set([FIRST, 'docs/api.md', 'docs/keys.md', 'docs/oauth.md']),
    );
    const options = { environment, cwd: ROOT };
    const script = scriptOf(commands, `http://127.0.0.1:${port}`);
    const shell = new Program('bash', ['-euo', 'pipefail', '-c', script], options);
    const outputs = (): string[] => shell.stdout.split('\x1e');
    while (outputs().length <= at && !shell.hasEnded) await delay(50);
    const service = new Program('bash', ['-c', `exec ${commands[at]?.script}`], options);
    await service.logged(/^listening$/);
    expect([await within(shell.ended, 'the commands of the pages'), shell.stderr]).toEqual([
      0,
      expect.anything(),
    ]);
    for (const [index, { mark, script: text, answer }] of commands.entries()) {
      const output = outputs()[index] ?? '';
      if (answer?.language === 'json') {
        expect([text, shapeOf(JSON.parse(output))]).toEqual([text, shapeOf(JSON.parse(answer.text))]);
      }
      const isSkipped = mark === 'python run-cli' && python === undefined;
      if (!isSkipped && INACTIVE.test(text)) expect(output.trim().split('\n').at(-1)).toMatch(INACTIVE);
    }
    expect(await service.stop()).toBe(0);
  });
});
