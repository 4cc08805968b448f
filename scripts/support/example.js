// Builds and starts the applications in examples/ with the packages of this repository, as if they were installed.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, scratchFolder, until } from './built-service.js';

/** Copies an example into a folder of its own and compiles it there. Needs `npm run build` before it. */
export function buildExample(name) {
  const folder = join(scratchFolder(), name);
  const isSource = (path) => !/\/(?:node_modules|dist|data)$/.test(path);
  cpSync(join(ROOT, 'examples', name), folder, { recursive: true, filter: isSource });
  linkPackages(join(folder, 'node_modules'));
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], {
    stdio: 'inherit',
  });
  return folder;
}

/** Puts this package and those that it has installed into a folder. */
function linkPackages(installed) {
  mkdirSync(installed);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(installed, name));
  }
  symlinkSync(ROOT.replace(/\/$/, ''), join(installed, 'identity-backend'));
}

/** Starts one on a free port; `run` says what it gives, `url` comes with it. */
export async function startExample(folder, variables, cwd = scratchFolder()) {
  const example = run(process.execPath, [join(folder, 'dist/main.js')], {
    variables: { PORT: '0', NO_COLOR: '1', ...variables },
    cwd,
  });
  const address = () => /Listening on (http:\S+)/.exec(example.output)?.[1];
  await until(`${folder} listens`, () => {
    if (example.child.exitCode !== null) throw new Error(`It ended:\n${example.output}`);
    return address() !== undefined;
  });
  return Object.assign(example, { url: address() });
}
