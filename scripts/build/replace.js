// Replaces the previous build by a finished one, file by file.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesIn, MANIFEST, manifestOf } from './digest.js';

/** Chunks are named after their content, so a chunk is never replaced by another. */
const isChunk = (name) => name.startsWith('bundle/');

/**
 * The files with which processes start: they are moved last, when everything that they import is in place.
 */
const isEntry = (name) => name === 'main.js' || name === 'cli/identity-backend.js';

function contentOf(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function moveFile(name, from, to) {
  const [source, target] = [join(from, name), join(to, name)];
  if (contentOf(target)?.equals(readFileSync(source))) return;
  mkdirSync(dirname(target), { recursive: true });
  renameSync(source, target);
}

/** The chunks that processes of the previous build may still import. */
function chunksToKeep(dist, before, chunks) {
  const manifest = manifestOf(dist);
  // A release without a manifest did not name its chunks after their content.
  if (!manifest) return before.filter(isChunk);
  const isSame = manifest.chunks.join() === chunks.join();
  return isSame ? manifest.previous : manifest.chunks;
}

function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    removeEmptyFolders(path);
    if (readdirSync(path).length === 0) rmdirSync(path);
  }
}

/**
 * Replaces the build in `dist`. A process that starts in the meantime gets the previous entry or the new one,
 * with all chunks of its build: the previous chunks stay until the next build, for processes that still
 * import them.
 *
 * @param next the folder of the finished build, in the same file system
 * @param digest the digest of the sources from which it was built
 * @param keepPrevious whether to keep the chunks of the previous build; a package has none
 */
export function replaceBuild(next, dist, { digest, keepPrevious }) {
  const names = filesIn(next);
  const chunks = names.filter(isChunk);
  mkdirSync(dist, { recursive: true });
  const before = filesIn(dist);
  const previous = keepPrevious ? chunksToKeep(dist, before, chunks) : [];
  // If the following steps are interrupted, a build without a manifest counts as none.
  rmSync(join(dist, MANIFEST), { force: true });

  for (const name of chunks) moveFile(name, next, dist);
  for (const name of names.filter((name) => !isChunk(name) && !isEntry(name))) moveFile(name, next, dist);
  for (const name of names.filter(isEntry)) moveFile(name, next, dist);

  const kept = new Set([...names, ...previous]);
  for (const name of before) if (!kept.has(name)) rmSync(join(dist, name), { force: true });
  removeEmptyFolders(dist);
  writeFileSync(join(next, MANIFEST), `${JSON.stringify({ digest, chunks, previous })}\n`);
  renameSync(join(next, MANIFEST), join(dist, MANIFEST));
}
