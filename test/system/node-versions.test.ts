import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/built-service.js';

/** By default the oldest version that package.json allows and the newest that was tested. */
const VERSIONS = (process.env['NODE_VERSIONS'] ?? '20.19.0 26').split(' ');
/** The suites that depend most on Node: cryptography, the native package of SQLite, streams and HTTP. */
const SUITES = (
  process.env['NODE_VERSION_TESTS'] ??
  'test/unit/jwt test/unit/keys test/unit/database test/unit/guard test/e2e/token/basic test/e2e/verify test/e2e/oauth2/revoke'
).split(' ');

const OPENS_SQLITE = `import { createRequire } from 'node:module';
const Database = createRequire('${ROOT}/')('libsql');
const [{ answer }] = new Database(':memory:').prepare('SELECT 42 AS answer').all();
console.log(process.version + ' ' + answer);`;

/** Runs a command under another Node, which npx installs from the npm registry. */
function underNode(version: string, ...command: readonly string[]): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync('npx', ['-y', '-p', `node@${version}`, '--', ...command], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { code: status, text: stdout + stderr };
}

describe.each(VERSIONS)('under Node %s', (version) => {
  it('the native package of SQLite opens a database', () => {
    const { code, text } = underNode(version, 'node', '--input-type=module', '-e', OPENS_SQLITE);
    expect([code, text]).toEqual([0, expect.stringMatching(new RegExp(`^v${version}.* 42$`, 'm'))]);
  });

  it('the tests that depend most on Node pass', () => {
    const { code, text } = underNode(version, 'npm', 'test', '--', ...SUITES);
    expect([code, text]).toEqual([0, expect.stringMatching(/^Tests: +(\d+ skipped, )?\d+ passed/m)]);
  }, 600_000);
});
