import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/built-service.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Prints the files of a light package with these entries, and the peers that its package.json declares. */
const PROGRAM = `
import { readFileSync } from 'node:fs';
const { closureOf } = await import('${ROOT}/scripts/pack/imports.js');
const { clientManifest } = await import('${ROOT}/scripts/pack/manifests.js');
const repository = JSON.parse(readFileSync('${ROOT}/package.json', 'utf8'));
const { files, packages } = closureOf(process.cwd(), ['index.js', 'index.d.ts']);
const { peerDependencies, peerDependenciesMeta } = clientManifest(repository, '@acme', packages);
console.log(JSON.stringify({ files, peers: Object.keys(peerDependencies), peerDependenciesMeta }));
`;

/** Follows the imports of a folder with these files. */
function follow(sources: Readonly<Record<string, string>>): {
  readonly output: unknown;
  readonly error: string;
} {
  const folder = temporaryDirectory();
  for (const [path, text] of Object.entries({ 'index.js': '', 'index.d.ts': '', ...sources })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { output: stdout === '' ? undefined : (JSON.parse(stdout) as unknown), error: stderr };
}

describe('the files of the light package', () => {
  it('are those that the entries import, in code and in types, in any form', () => {
    const { output } = follow({
      'index.js': "import './a.js';\nexport * from './b/b.js';\nexport const c = () => import('./c.js');",
      'index.d.ts': "export type X = import('./types.js').X;\nexport { Y } from './b/b.js';",
      'a.js': "import { readFile } from 'node:fs/promises';\nimport { Module } from '@nestjs/common';",
      'b/b.js': "import '../a.js';",
      'b/b.d.ts': 'export type Y = 1;',
      'c.js': "// import './comment.js'",
      'types.d.ts': 'export type X = 1;',
      'unrelated.js': '',
    });
    expect(output).toMatchObject({
      files: ['a.js', 'b/b.d.ts', 'b/b.js', 'c.js', 'index.d.ts', 'index.js', 'types.d.ts'],
      peers: ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'],
    });
  });

  it('make an optional peer of a package that only some applications have', () => {
    const { output } = follow({ 'index.js': "export const load = () => import('class-validator');" });
    expect(output).toMatchObject({
      peers: expect.arrayContaining(['class-validator']) as unknown,
      peerDependenciesMeta: { 'class-validator': { optional: true } },
    });
  });

  it.each([
    ['another package', { 'index.js': "import 'fastify';" }, /index\.js imports fastify, which is no peer/],
    ['another package by its types', { 'index.d.ts': "export * from '@types/express';" }, /which is no peer/],
    ['a path in another package', { 'index.js': "require('jose/jwt');" }, /imports jose, which is no peer/],
    ['a module whose name is computed', { 'index.js': 'await import(name);' }, /name is not a literal/],
    ['a file that the build lacks', { 'index.js': "import './lost.js';" }, /The build has no lost\.js/],
  ])('must not import %s', (_, sources, message) => {
    const { output, error } = follow(sources);
    expect(output).toBeUndefined();
    expect(error).toMatch(message);
  });
});
