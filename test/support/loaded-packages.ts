import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Options, transformSync } from '@swc/core';
import { sourceFiles } from './source-files.js';
import { temporaryDirectory } from './temporary-directory.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Prints the URL of each module that Node loads: of ES modules as they load, of CommonJS at the end. */
const PROGRAM = `
import { createRequire, register } from 'node:module';
const hook = "import { writeSync } from 'node:fs';" +
  "export const load = (url, context, next) => (writeSync(1, url + '\\\\n'), next(url, context));";
register('data:text/javascript,' + encodeURIComponent(hook));
await import(process.argv[1]);
console.log(Object.keys(createRequire(import.meta.url).cache).join('\\n'));
`;

/** Compiles `src` as it is shipped, for Node itself to load. @returns the folder */
export function compiledSource(): string {
  // URLs of modules have the real path.
  const folder = realpathSync(temporaryDirectory());
  const options = JSON.parse(readFileSync(join(ROOT, '.swcrc'), 'utf8')) as Options;
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const { path } of sourceFiles()) {
    const target = join(folder, path.replace(/\.ts$/, '.js'));
    const { code } = transformSync(readFileSync(join(ROOT, 'src', path), 'utf8'), {
      ...options,
      swcrc: false,
      sourceMaps: false,
    });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  return folder;
}

/**
 * What a process loads that imports only one module.
 *
 * @param specifier a file of the folder, or a package
 * @returns the names of packages, each once, and the files of the folder
 */
export async function loadedBy(
  folder: string,
  specifier: string,
): Promise<{ packages: string[]; files: string[] }> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', PROGRAM, specifier],
    { cwd: folder, env: {} },
  );
  const packages = [...stdout.matchAll(/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//g)].map(
    ([, name = '']) => name,
  );
  const files = [...stdout.matchAll(/^file:.*\.js$/gm)].map(([url]) => fileURLToPath(url));
  return {
    packages: [...new Set(packages)].sort(),
    files: files.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1)),
  };
}
