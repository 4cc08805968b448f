// Makes the package as npm would publish it. Building it comes with it (`prepack`).
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @returns the tarball in that folder, and what it holds */
export function pack(folder) {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    // npm writes what it did to standard error, the build what it has to say to standard output.
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [packed] = JSON.parse(output.slice(output.indexOf('[\n')));
  return { path: join(folder, packed.filename), files: packed.files, size: packed.size };
}
