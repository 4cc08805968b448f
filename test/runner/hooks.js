import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const GLOBALS = new URL('globals.js', import.meta.url).href;
const RELATIVE = /^\.{1,2}\//;
const isTypeScript = (url) => /^file:[^?]+\.ts(\?|$)/.test(url);

/**
 * Resolves `./name.js` to `./name.ts` if that exists, as TypeScript does, and `@jest/globals` to ours: the original
 * throws outside jest's realm.
 */
export function resolve(specifier, context, nextResolve) {
  if (specifier === '@jest/globals') return { url: GLOBALS, format: 'module', shortCircuit: true };
  if (RELATIVE.test(specifier) && specifier.endsWith('.js') && isTypeScript(context.parentURL)) {
    const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(url)) return { url: url.href, format: 'module', shortCircuit: true };
  }
  return nextResolve(specifier, context);
}

/** Compiles TypeScript with `.swcrc`: Node's own type stripping emits no decorator metadata. */
export function load(url, context, nextLoad) {
  if (!isTypeScript(url)) return nextLoad(url, context);
  const filename = fileURLToPath(url);
  const { code } = transformSync(readFileSync(filename, 'utf8'), { filename, sourceMaps: 'inline' });
  return { format: 'module', source: code, shortCircuit: true };
}
