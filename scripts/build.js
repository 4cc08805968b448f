// Builds the service into `dist`, even while the service runs from there: the build is made in a separate
// folder and replaces the previous one once it is complete. With --if-changed, it builds only if `dist` does
// not hold a build of these sources. With --package, it removes the chunks of the previous build, which it
// otherwise keeps for running processes.
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

/** An error that is printed without a stack trace. */
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
    // The folder is left over from a build that was killed.
    if (/^\.dist-\w+$/.test(name)) rmSync(join(ROOT, name), { recursive: true, force: true });
  }
  // The digest is taken first: if sources change during the build, it counts as a build of other sources.
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
  // Another process may have finished the same build in the meantime.
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
