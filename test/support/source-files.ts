import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../src', import.meta.url));

/** A file of `src`, by its path under it, such as `jwt/claims.ts`. */
export interface SourceFile {
  readonly path: string;
  /** Its text without comments. */
  readonly code: string;
  /** The files of `src` that it imports, for values or for types. */
  readonly imports: readonly string[];
  /** The packages that it imports. */
  readonly packages: readonly string[];
}

const SPECIFIER = /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;
const COMMENT = /\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm;

export function sourceFiles(): SourceFile[] {
  return readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map(readSource);
}

function readSource(path: string): SourceFile {
  const code = readFileSync(join(ROOT, path), 'utf8').replace(COMMENT, '');
  const specifiers = [...code.matchAll(SPECIFIER)].map(([, specifier = '']) => specifier);
  const isOwn = (specifier: string): boolean => specifier.startsWith('.');
  return {
    path,
    code,
    imports: specifiers.filter(isOwn).map((specifier) =>
      normalize(join(dirname(path), specifier))
        .replaceAll('\\', '/')
        .replace(/\.js$/, '.ts'),
    ),
    packages: specifiers.filter((specifier) => !isOwn(specifier)),
  };
}

/** The folder of a file; for a file directly in `src`, its own path. */
export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : path;
}

/**
 * @param message as a page quotes it
 * @returns whether some file has the message; it may have a variable for a URL, a number, or the name of a
 * header or scope
 */
export function isMessageOf(files: readonly SourceFile[], message: string): boolean {
  const pattern = message
    .replaceAll(/[().*+?]/g, '\\$&')
    .replaceAll(/https?:\S+|\d+|\bAuthorization\b|\bidentity:admin\b/g, '(?:$&|\\$\\{[^}]+\\})');
  const expression = new RegExp(pattern);
  return files.some(({ code }) => expression.test(code));
}
