// Builds the service into `dist` while the service may run from it: a build is made in a folder of its own, and replaces the previous
// one when it is complete. With --if-changed only if `dist` does not hold a build of these sources; with --package, without
// the chunks that it otherwise keeps for processes of the previous build.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { digestOfSources, isCurrent } from './build/digest.js';
import { lock } from './build/lock.js';
import { replaceBuild } from './build/replace.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');
const DIST = join(ROOT, 'dist');
const LOCK = join(ROOT, '.dist.lock');
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');
const TOOLS = [COMPILER, join(ROOT, 'node_modules/rolldown')];

const TO_BUILD = 'npm ci --include=dev && npm run build';

/** What the operator can read, without a stack trace. */
class BuildError extends Error {}

const cleanUps = [];
process.on('exit', () => cleanUps.forEach((cleanUp) => cleanUp()));
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
  process.on(signal, () => process.exit(code));
}

async function run(...parameters) {
  const child = spawn(process.execPath, parameters, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  cleanUps.push(() => child.kill());
  const [code] = await once(child, 'exit');
  if (code !== 0) {
    throw new BuildError(`The build failed, and dist is as it was. After a correction, run: ${TO_BUILD}`);
  }
}

async function build(keepPrevious) {
  for (const name of readdirSync(ROOT)) {
    // Of a build that was killed.
    if (/^\.dist-\w+$/.test(name)) rmSync(join(ROOT, name), { recursive: true, force: true });
  }
  // Sources that change during the build make it the build of other sources.
  const digest = digestOfSources(ROOT);
  const next = mkdtempSync(join(ROOT, '.dist-'));
  cleanUps.push(() => rmSync(next, { recursive: true, force: true }));
  await run(COMPILER, '--project', 'tsconfig.json', '--outDir', next);
  await run('scripts/bundle.js', next);
  replaceBuild(next, DIST, { digest, keepPrevious });
}

async function main() {
  const { values } = parseArgs({
    options: { 'if-changed': { type: 'boolean' }, package: { type: 'boolean' } },
  });
  const isDone = () => values['if-changed'] === true && isCurrent(ROOT, DIST);
  if (isDone()) return;
  if (!TOOLS.every((path) => existsSync(path))) {
    throw new BuildError(
      `dist does not hold a build of these sources, and the packages that build it are not installed. Run: ${TO_BUILD}`,
    );
  }
  const release = await lock(LOCK);
  cleanUps.push(release);
  // Another process may have built it meanwhile.
  if (isDone()) return;
  if (values['if-changed']) {
    process.stderr.write('dist does not hold a build of these sources: building, some 10 seconds\n');
  }
  await build(values.package !== true);
}

try {
  await main();
  process.exit();
} catch (error) {
  process.stderr.write(`${error instanceof BuildError ? error.message : error.stack}\n`);
  process.exit(1);
}
