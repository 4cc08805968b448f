import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Options, transformSync } from '@swc/core';
import { temporaryDirectory } from './temporary-directory.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Compiles `src` as Jest does, for tests that start processes of their own.
 *
 * @returns a folder that holds it as a package, which every user of this machine can read
 */
export function compiledSource(): string {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o755);
  copyFileSync(join(ROOT, 'package.json'), join(directory, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const options = JSON.parse(readFileSync(join(ROOT, '.swcrc'), 'utf8')) as Options;
  for (const path of readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    const { code } = transformSync(readFileSync(join(ROOT, 'src', path), 'utf8'), {
      ...options,
      filename: path,
      swcrc: false,
      sourceMaps: false,
    });
    const target = join(directory, 'src', path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  return directory;
}
