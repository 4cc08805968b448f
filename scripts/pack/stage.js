// Copies the files of the two packages into folders of their own, from the build in `dist`.
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { manifestOf } from '../build/digest.js';
import { closureOf } from './imports.js';
import { CLIENT_ENTRIES, clientManifest, serviceManifest } from './manifests.js';
import { npm } from './npm.js';

/** The comment that ends compiled files. Chunks of the bundle have none. */
const MAP_COMMENT = /\n\/\/# sourceMappingURL=\S+\s*$/;
/** The scope in the pages of the repository. */
const SCOPE_OF_PAGES = /@acme\/(?=identity-)/g;

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

function write(path, content, mode = 0o644) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

/**
 * Removes the comments of a compiled file. One of them names a source map, which is not in the packages; the
 * others are in the declarations too, and are a quarter of the light package.
 */
function withoutComments(code) {
  if (!MAP_COMMENT.test(code)) return code;
  const { ESNext } = ts.ModuleKind;
  const compilerOptions = { module: ESNext, target: ts.ScriptTarget.ESNext, removeComments: true };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}

/** Copies a file. The pages of a package name the packages as they are named. */
function copy(from, to, scope) {
  const { mode } = statSync(from);
  const content = readFileSync(from);
  if (from.endsWith('.js')) write(to, withoutComments(content.toString()), mode);
  else if (from.endsWith('.md')) write(to, content.toString().replace(SCOPE_OF_PAGES, `${scope}/`), mode);
  else write(to, content, mode);
}

/** @returns the files that `files` of the repository's package.json names, without chunks of earlier builds */
async function serviceFiles(root) {
  const [{ files }] = JSON.parse(await npm(root, 'pack', '--dry-run', '--ignore-scripts', '--json'));
  const chunks = manifestOf(join(root, 'dist'))?.chunks ?? [];
  const isCurrent = (path) => !path.startsWith('dist/bundle/') || chunks.includes(path.slice('dist/'.length));
  return files.map(({ path }) => path).filter((path) => path !== 'package.json' && isCurrent(path));
}

/** Writes the files of the service's package into a folder. */
export async function stageService(root, folder, scope) {
  for (const path of await serviceFiles(root)) copy(join(root, path), join(folder, path), scope);
  const manifest = serviceManifest(readJson(join(root, 'package.json')), scope);
  write(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Writes the files of the light package into a folder. */
export function stageClient(root, folder, scope) {
  const entries = CLIENT_ENTRIES.flatMap((entry) => [`${entry}/index.js`, `${entry}/index.d.ts`]);
  const { files, packages } = closureOf(join(root, 'dist'), entries);
  for (const path of files) copy(join(root, 'dist', path), join(folder, 'dist', path), scope);
  copy(join(root, 'scripts/pack/client-readme.md'), join(folder, 'README.md'), scope);
  copy(join(root, 'LICENSE'), join(folder, 'LICENSE'), scope);
  const manifest = clientManifest(readJson(join(root, 'package.json')), scope, packages);
  write(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}
