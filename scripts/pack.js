#!/usr/bin/env node
// Makes the two packages of this repository from one build, under a scope of the company that uses them:
// the service, and the light package of guard, token client and testing kit. Prints the paths of the tarballs
// to standard output, and everything else to standard error. See docs/publish-privately.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isCurrent } from './build/digest.js';
import { lock } from './build/lock.js';
import { npm } from './pack/npm.js';
import { PackError } from './pack/pack-error.js';

const USAGE = `Usage: npm run pack -- --scope @NAME [--out FOLDER]

Builds, and writes two tarballs into FOLDER (default: the current folder):
  @NAME/identity-backend   the service, its command line and all entry points
  @NAME/identity-client    the guard, the token client and the testing kit
`;
const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');
const TO_INSTALL = 'The packages that build it are not installed. Run: npm ci --include=dev';

/** The scopes that npm accepts, as the JSON schema of package.json has them. */
const SCOPE = /^@[a-z0-9~-][a-z0-9._~-]*$/;
/** npm accepts names of at most 214 characters. */
const LONGEST_SCOPE = 214 - '/identity-backend'.length;

const cleanUps = [];
process.on('exit', () => cleanUps.forEach((cleanUp) => cleanUp()));
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
  process.on(signal, () => process.exit(code));
}

/** The folder in which the caller is: npm runs scripts in that of the package. */
function callersFolder() {
  const { npm_lifecycle_event: script, INIT_CWD: folder } = process.env;
  return script === 'pack' && folder ? folder : process.cwd();
}

function parse() {
  try {
    return parseArgs({
      options: { scope: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean' } },
    }).values;
  } catch (error) {
    throw new PackError(`${error.message.replace(/\..*/s, '')}. Run: npm run pack -- --help`);
  }
}

function checkScope(scope) {
  if (scope === undefined) throw new PackError('--scope is missing. Run: npm run pack -- --scope @NAME');
  if (!SCOPE.test(scope) || scope.length > LONGEST_SCOPE) {
    throw new PackError(`--scope must be a scope of npm, such as @acme, not ${JSON.stringify(scope)}`);
  }
  return scope;
}

function makeFolder(path) {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new PackError(`--out is not a folder that can be written: ${error.message}`);
  }
}

async function build() {
  // Standard output is for the paths.
  const child = spawn(process.execPath, ['scripts/build.js', '--if-changed'], {
    cwd: ROOT,
    stdio: ['ignore', process.stderr, process.stderr],
  });
  cleanUps.push(() => child.kill());
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new PackError('Nothing was packed');
}

/** Copies the files of both packages while no other build can replace them. */
async function stage(folder, scope) {
  // The compiler is loaded here, so that its absence has a message.
  const { stageClient, stageService } = await import('./pack/stage.js');
  const release = await lock(join(ROOT, '.dist.lock'));
  cleanUps.push(release);
  if (!isCurrent(ROOT, join(ROOT, 'dist'))) {
    throw new PackError('The sources changed during the build. Pack again');
  }
  await stageService(ROOT, join(folder, 'service'), scope);
  stageClient(ROOT, join(folder, 'client'), scope);
  release();
}

/** @returns the name of the tarball that npm makes of a folder */
async function makeTarball(folder, name) {
  const parameters = ['--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(await npm(join(folder, name), 'pack', ...parameters));
  return filename;
}

async function main() {
  const { scope: given, out = '.', help } = parse();
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  const scope = checkScope(given);
  if (!existsSync(join(ROOT, 'node_modules/typescript'))) throw new PackError(TO_INSTALL);
  const target = resolve(callersFolder(), out);
  makeFolder(target);
  await build();
  const folder = mkdtempSync(join(tmpdir(), 'identity-backend-pack-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  await stage(folder, scope);
  const tarballs = [await makeTarball(folder, 'service'), await makeTarball(folder, 'client')];
  for (const name of tarballs) copyFileSync(join(folder, name), join(target, name));
  process.stdout.write(tarballs.map((name) => `${join(target, name)}\n`).join(''));
}

try {
  await main();
  process.exit();
} catch (error) {
  process.stderr.write(`${error instanceof PackError ? error.message : error.stack}\n`);
  process.exit(1);
}
