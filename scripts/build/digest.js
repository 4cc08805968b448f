// Finds out whether `dist` holds a build of these sources.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files and folders that decide what a build contains. */
const INPUTS = [
  'src',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'nest-cli.json',
  'scripts/build.js',
  'scripts/build',
  'scripts/bundle.js',
];

/** The manifest is written last: a build without it is not complete. */
export const MANIFEST = 'build.json';

/** @returns the paths of all files in a folder, relative to it, in the same order on every machine */
export function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}

function filesOf(root, input) {
  const path = join(root, input);
  if (!existsSync(path)) return [];
  return /\.\w+$/.test(input) ? [input] : filesIn(path).map((name) => `${input}/${name}`);
}

/** @returns a digest of the sources, the locked dependencies and the configuration of the build */
export function digestOfSources(root) {
  const hash = createHash('sha256');
  for (const name of INPUTS.flatMap((input) => filesOf(root, input))) {
    const content = readFileSync(join(root, name));
    // The lengths keep different lists of files from giving the same bytes.
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** @returns the manifest of the build in `dist`: its digest, its chunks and those of the build before it */
export function manifestOf(dist) {
  try {
    const { digest, chunks, previous } = JSON.parse(readFileSync(join(dist, MANIFEST), 'utf8'));
    if (typeof digest === 'string' && [chunks, previous].every(Array.isArray))
      return { digest, chunks, previous };
  } catch {
    // There is no build, or an incomplete one, or one of a release that wrote no manifest.
  }
  return undefined;
}

/**
 * Whether `dist` holds a complete build of the sources. Without sources, as in an image, any complete build
 * counts.
 */
export function isCurrent(root, dist) {
  const manifest = manifestOf(dist);
  const parts = ['main.js', 'cli/identity-backend.js', ...(manifest?.chunks ?? [])];
  if (!parts.every((name) => existsSync(join(dist, name)))) return false;
  return !existsSync(join(root, 'src')) || manifest?.digest === digestOfSources(root);
}
