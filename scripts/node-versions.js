// Runs tests under other versions of Node, which npx brings from the npm registry: by default those that depend on
// Node most, under the oldest version that package.json allows and the newest that was tried. The packages are
// those that are installed; that the native one of SQLite loads is tried first.
//
// npm run test:node-versions [-- 20.19.0 22 24 26] [--tests test/unit --tests test/e2e/token …]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OLDEST_AND_NEWEST = ['20.19.0', '26'];
/** What depends on Node most: cryptography, the native package of SQLite, streams and HTTP. */
const FOLDERS = [
  'test/unit/jwt',
  'test/unit/keys',
  'test/unit/storage',
  'test/unit/guard',
  'test/e2e/token/basic',
  'test/e2e/verify',
  'test/e2e/oauth2/revoke',
];

const OPENS_SQLITE = `import { createRequire } from 'node:module';
const Database = createRequire('${ROOT}')('libsql');
const [{ answer }] = new Database(':memory:').prepare('SELECT 42 AS answer').all();
if (answer !== 42) throw new Error('SQLite does not answer');
console.log('Node ' + process.version + ', SQLite answers');`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tests: { type: 'string', multiple: true, default: FOLDERS } },
});

/** Ends with what the program ends with. */
async function underNode(version, ...parameters) {
  const child = spawn('npx', ['-y', `node@${version}`, ...parameters], { cwd: ROOT, stdio: 'inherit' });
  const [code] = await once(child, 'close');
  return code ?? 1;
}

const failed = [];
for (const version of positionals.length > 0 ? positionals : OLDEST_AND_NEWEST) {
  console.log(`\n== Node ${version}`);
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
  const code =
    (await underNode(version, '--input-type=module', '-e', OPENS_SQLITE)) ||
    (await underNode(version, ...jest, ...values.tests));
  if (code !== 0) failed.push(version);
}
if (failed.length > 0) {
  console.error(`\nFailed under Node ${failed.join(', ')}`);
  process.exitCode = 1;
}
