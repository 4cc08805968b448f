import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { blocksOf, pages } from '../support/markdown.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The imports that the snippets omit. */
const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  '@nestjs/common': ['Controller', 'Get', 'Injectable', 'Module', 'type CanActivate', 'type DynamicModule'],
  '@nestjs/core': ['APP_GUARD'],
  '@acme/identity-backend': ['TokenModule', 'TokenService'],
  '@acme/identity-client/guard': [
    'CurrentToken',
    'IdentityAuthModule',
    'JwtAuthGuard',
    'RequireScopes',
    'type Claims',
    'type IdentityAuthOptions',
  ],
  '@acme/identity-client/token-client': ['TokenClient'],
};
/** What the reader's application declares. */
const APPLICATION = `
declare const clientSecret: string;
declare const body: string;
declare class EmployeesGuard implements CanActivate { canActivate(): boolean }
`;

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
  strict: true,
  noEmit: true,
  types: ['node'],
  paths: {
    '@acme/identity-backend': [`${ROOT}src/index.ts`],
    '@acme/identity-client': [`${ROOT}src/guard/index.ts`],
    '@acme/identity-client/*': [`${ROOT}src/*/index.ts`],
  },
};

const nameOf = (imported: string): string => imported.trim().replace(/^type /, '');

/** A block as a module. A block that has only options becomes an object of them. */
function moduleOf(text: string): string {
  const body = /^\w+: /.test(text)
    ? `export const options: Partial<IdentityAuthOptions> = {\n${text}};`
    : text;
  const imported = new Set(
    [...text.matchAll(/^import (?:type )?\{(.*?)\}/gms)]
      .flatMap(([, names = '']) => names.split(','))
      .map(nameOf),
  );
  const imports = Object.entries(IMPORTS).map(
    ([from, names]) =>
      `import { ${names.filter((name) => !imported.has(nameOf(name))).join(', ')} } from '${from}';`,
  );
  return `${imports.join('\n')}\n${APPLICATION}\n${body}`;
}

/** The errors of the TypeScript compiler, by the names of virtual files in the root of the repository. */
function errorsOf(files: ReadonlyMap<string, string>): Map<string, string[]> {
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([...files.keys()], options, {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    getSourceFile: (path, version) => {
      const text = files.get(path);
      return text === undefined
        ? host.getSourceFile(path, version)
        : ts.createSourceFile(path, text, version);
    },
  });
  return new Map(
    [...files.keys()].map((path) => {
      const file = program.getSourceFile(path);
      const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      return [path, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))];
    }),
  );
}

const snippets = pages().flatMap((page) =>
  blocksOf(page)
    .filter(({ info }) => info === 'ts' || info === 'ts recipe')
    .map(({ heading, text }, index) => ({ path: page.path, heading, index, text })),
);
const fileOf = ({ path, index }: { path: string; index: number }): string =>
  `${ROOT}${path.replaceAll(/\W/g, '-')}-${index}.ts`;

describe('the TypeScript of the pages', () => {
  const files = new Map(snippets.map((snippet) => [fileOf(snippet), moduleOf(snippet.text)]));
  const errors = errorsOf(files.set(`${ROOT}app.module.ts`, 'export class AppModule {}'));

  it('has more than eight snippets', () => {
    expect(snippets.length).toBeGreaterThan(8);
  });

  it.each(snippets)('compiles: $path, $heading ($index)', (snippet) => {
    expect(errors.get(fileOf(snippet))).toEqual([]);
  });
});
