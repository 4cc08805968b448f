import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './built-service.js';

/** The package as npm would publish it. */
export interface PackedPackage {
  /** The path of the tarball. */
  readonly path: string;
  readonly files: readonly { readonly path: string; readonly size: number; readonly mode: number }[];
}

/** Packs the package into a folder, which also builds it (`prepack`). */
export function pack(folder: string): PackedPackage {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // The build writes to standard output first.
  const [packed] = JSON.parse(output.slice(output.indexOf('[\n'))) as [
    { readonly filename: string; readonly files: PackedPackage['files'] },
  ];
  return { path: join(folder, packed.filename), files: packed.files };
}

/** Links the installed packages of this one into a folder, as if they were installed there. */
export function linkInstalledPackages(folder: string, without: readonly string[] = []): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || without.includes(name)) continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, name));
  }
}
