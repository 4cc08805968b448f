// Tries the package as npm would publish it: what it holds, what linters of packages say of it, and what a process
// loads that imports one of its entries, by `import` and by `require`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack, ROOT } from './pack.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'identity-backend-package-')));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** What the package may hold: what was built, and what is to be read. */
const ALLOWED =
  /^(?:dist\/.+\.(?:js|d\.ts)|docs\/.+\.md|package\.json|README\.md|CHANGELOG\.md|SECURITY\.md|LICENSE|\.env\.example)$/;
const NEEDED = [
  'dist/main.js',
  'dist/index.js',
  'dist/index.d.ts',
  ...['guard', 'token-client', 'testing'].flatMap((entry) => [
    `dist/${entry}/index.js`,
    `dist/${entry}/index.d.ts`,
  ]),
  'dist/cli/identity-backend.js',
];

const { path, files, size } = pack(folder);
const names = files.map((file) => file.path);
for (const { path: name, size: bytes } of files) console.log(`${String(bytes).padStart(8)}  ${name}`);
console.log(`${files.length} files, ${size} bytes packed`);
assert.deepEqual(
  names.filter((name) => !ALLOWED.test(name)),
  [],
  'the package holds what it should not',
);
assert.deepEqual(
  NEEDED.filter((name) => !names.includes(name)),
  [],
  'the package lacks what it should hold',
);
assert.equal(files.find(({ path: name }) => name === 'dist/cli/identity-backend.js').mode & 0o111, 0o111);

/** A tool of the repository, which ends this script where it finds fault. */
function tool(name, ...parameters) {
  execFileSync(process.execPath, [join(ROOT, 'node_modules/.bin', name), ...parameters], {
    stdio: 'inherit',
  });
}

tool('publint', 'run', path, '--strict');
// CommonJS applications load ES modules by `require`, which every Node that this package supports can do.
tool('attw', path, '--ignore-rules', 'cjs-resolves-to-esm', '--format', 'table-flipped');

// The package beside the other packages of the repository, as if it were installed.
const installed = join(folder, 'node_modules');
mkdirSync(join(installed, 'identity-backend'), { recursive: true });
execFileSync('tar', ['-xzf', path, '-C', join(installed, 'identity-backend'), '--strip-components=1']);
for (const name of readdirSync(join(ROOT, 'node_modules'))) {
  if (name !== 'identity-backend' && !name.startsWith('.')) {
    symlinkSync(join(ROOT, 'node_modules', name), join(installed, name));
  }
}
writeFileSync(join(folder, 'package.json'), '{"type":"module"}');

/** Writes each address that Node's own loader reads, of ES modules as they load, of CommonJS at the end. */
const LOADER = `
import { writeSync } from 'node:fs';
export const load = (url, context, next) => (writeSync(1, url + '\\n'), next(url, context));
`;
const PROGRAM = `
import { createRequire, register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(LOADER)}));
const [entry] = process.argv.slice(1);
const require = createRequire(import.meta.url);
const loaded = await import(entry);
console.log('named: ' + Object.keys(loaded).length);
console.log(Object.keys(require.cache).join('\\n'));
`;

function run(...parameters) {
  return execFileSync(process.execPath, parameters, { cwd: folder, env: {}, encoding: 'utf8' });
}

/** The names of the packages that are loaded with an entry. */
function packagesOf(entry) {
  const output = run('--input-type=module', '--eval', PROGRAM, entry);
  assert.match(output, /^named: [1-9]/m);
  const paths = [...output.matchAll(/.*\/node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//g)];
  return [...new Set(paths.map(([, name]) => name))].filter((name) => name !== 'identity-backend').sort();
}

const STORES = /^(?:typeorm|@nestjs\/typeorm|pg|mysql2|libsql|@libsql\/.*|ioredis)$/;
const SERVERS =
  /^(?:fastify|@fastify\/.*|express|@nestjs\/platform-.*|@nestjs\/terminus|@nestjs\/config|pino|prom-client)$/;
const ISSUER =
  /^(?:@nestjs\/swagger|swagger-ui-dist|class-validator|class-transformer|jose|jsonwebtoken|@nestjs\/jwt)$/;

const ENTRIES = {
  'identity-backend': [STORES, SERVERS],
  'identity-backend/guard': [STORES, SERVERS, ISSUER],
  'identity-backend/token-client': [STORES, SERVERS, ISSUER],
  'identity-backend/testing': [STORES, SERVERS, ISSUER, /^@nestjs\//],
};
for (const [entry, forbidden] of Object.entries(ENTRIES)) {
  const packages = packagesOf(entry);
  console.log(`${entry} loads ${packages.length} packages: ${packages.join(' ') || 'none'}`);
  const wrong = packages.filter((name) => forbidden.some((pattern) => pattern.test(name)));
  assert.deepEqual(wrong, [], `what ${entry} loads`);

  const required = run(
    '--input-type=commonjs',
    '--eval',
    `console.log(Object.keys(require(${JSON.stringify(entry)})).join())`,
  );
  console.log(`require('${entry}') gives ${required.trim()}`);
}
