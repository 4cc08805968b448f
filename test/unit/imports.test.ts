import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { folderOf, sourceFiles } from '../support/source-files.js';

const files = sourceFiles();
const paths = new Set(files.map(({ path }) => path));

/**
 * What each folder may import from the others. Imports go in one direction:
 * main, app, app.module, the modules of controllers, oauth2 and admin, token, clients, keys and revocation, jwt.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'clock.ts': [],
  'log.ts': [],
  'version.ts': [],
  'published-urls.ts': [],
  'graceful-shutdown.ts': [],
  encoding: [],
  concurrency: ['clock.ts'],
  jwt: ['concurrency', 'encoding'],
  validation: ['encoding'],
  sync: ['clock.ts', 'concurrency', 'log.ts'],
  config: ['encoding', 'jwt', 'keys', 'published-urls.ts', 'database'],
  keys: ['audit', 'clock.ts', 'config', 'encoding', 'jwt', 'sync'],
  revocation: ['clock.ts', 'jwt', 'sync'],
  audit: ['clock.ts', 'encoding'],
  'rate-limit': ['clock.ts', 'encoding'],
  cluster: ['sync'],
  server: ['clock.ts', 'concurrency', 'encoding', 'log.ts', 'rate-limit', 'validation'],
  clients: [
    'audit',
    'clock.ts',
    'concurrency',
    'config',
    'encoding',
    'jwt',
    'keys',
    'log.ts',
    'rate-limit',
    'sync',
  ],
  issuers: [
    'audit',
    'clients',
    'clock.ts',
    'concurrency',
    'config',
    'encoding',
    'http-client',
    'jwt',
    'key-sets',
    'published-urls.ts',
    'sync',
  ],
  token: [
    'audit',
    'clients',
    'clock.ts',
    'concurrency',
    'config',
    'encoding',
    'guard',
    'jwt',
    'keys',
    'server',
    'validation',
  ],
  oauth2: [
    'audit',
    'clients',
    'clock.ts',
    'concurrency',
    'config',
    'encoding',
    'issuers',
    'jwt',
    'keys',
    'published-urls.ts',
    'rate-limit',
    'revocation',
    'server',
    'sync',
    'token',
    'validation',
  ],
  admin: [
    'audit',
    'clients',
    'clock.ts',
    'concurrency',
    'config',
    'encoding',
    'guard',
    'http-client',
    'issuers',
    'jwt',
    'keys',
    'server',
    'token',
    'validation',
  ],
  health: ['clock.ts', 'concurrency', 'issuers', 'server', 'sync', 'token'],
  'http-client': ['concurrency', 'encoding'],
  'key-sets': ['clock.ts', 'concurrency', 'encoding', 'http-client', 'jwt'],
  registration: [],
  guard: ['clock.ts', 'concurrency', 'encoding', 'http-client', 'jwt', 'key-sets', 'registration'],
  'token-client': ['clock.ts', 'concurrency', 'encoding', 'http-client', 'jwt', 'key-sets', 'registration'],
  testing: ['clock.ts', 'encoding', 'guard', 'jwt'],
  diagnostics: [
    'clients',
    'clock.ts',
    'concurrency',
    'config',
    'encoding',
    'issuers',
    'jwt',
    'published-urls.ts',
    'server',
    'version.ts',
  ],
  observability: [
    'audit',
    'clients',
    'clock.ts',
    'cluster',
    'concurrency',
    'config',
    'encoding',
    'issuers',
    'jwt',
    'keys',
    'log.ts',
    'oauth2',
    'revocation',
    'server',
    'sync',
    'token',
  ],
  database: [
    'audit',
    'clients',
    'concurrency',
    'config',
    'encoding',
    'issuers',
    'keys',
    'revocation',
    'sync',
  ],
};

/** The composition root: these may import anything, but one another only in that direction. */
const COMPOSITION = [
  'app.module.ts',
  'service-token.module.ts',
  'process.module.ts',
  'persistence.module.ts',
  'openapi.ts',
  'app.ts',
  'domain-error.ts',
  'start',
  'main.ts',
  'index.ts',
  'cli',
];

const FOLDERS = Object.keys(MAY_IMPORT).filter((name) => !name.endsWith('.ts'));

/** What a folder may import, sorted: the names in the sentence "May import: …" of its README. */
function namedInReadme(folder: string): string[] {
  const url = new URL(`../../src/${folder}/README.md`, import.meta.url);
  const [, names = ''] = /May\s+import:\s([^]+?)\.\s/.exec(readFileSync(url, 'utf8')) ?? [];
  return [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name).sort();
}

const edges = files.flatMap(({ path, imports }) => imports.map((imported) => ({ path, imported })));
const shown = (each: readonly { path: string; imported: string }[]): string[] =>
  each.map(({ path, imported }) => `${path} -> ${imported}`);

/** A cycle of imports, if there is one. */
function findCycle(): string[] | undefined {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const imported of importsOf.get(path) ?? []) {
      const cycle = visit(imported, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of paths) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** A file and all that it imports, directly or indirectly. */
function reachedFrom(start: string): string[] {
  const reached = new Set([start]);
  for (const path of reached) {
    for (const { path: from, imported } of edges) if (from === path) reached.add(imported);
  }
  return [...reached];
}

const filesWith = (pattern: RegExp): string[] =>
  files.filter(({ code }) => pattern.test(code)).map(({ path }) => path);

describe('the imports of src', () => {
  it('are found', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(edges.length).toBeGreaterThan(100);
    expect(edges.filter(({ imported }) => !paths.has(imported))).toEqual([]);
  });

  it('have no cycle', () => {
    expect(findCycle()).toBeUndefined();
  });

  it('are specified above for every folder', () => {
    const folders = new Set(files.map(({ path }) => folderOf(path)));
    expect(
      [...folders].filter((folder) => !Object.hasOwn(MAY_IMPORT, folder) && !COMPOSITION.includes(folder)),
    ).toEqual([]);
  });

  it('go in one direction', () => {
    const wrong = edges.filter(({ path, imported }) => {
      const [from, to] = [folderOf(path), folderOf(imported)];
      return from !== to && !COMPOSITION.includes(from) && !MAY_IMPORT[from]?.includes(to);
    });
    expect(shown(wrong)).toEqual([]);
  });

  it('include every one that is specified', () => {
    const used = new Set(edges.map(({ path, imported }) => `${folderOf(path)} -> ${folderOf(imported)}`));
    const specified = Object.entries(MAY_IMPORT).flatMap(([from, to]) =>
      to.map((each) => `${from} -> ${each}`),
    );
    expect(specified.filter((each) => !used.has(each))).toEqual([]);
  });

  it.each(FOLDERS)('are those that the README of %s names', (folder) => {
    expect(namedInReadme(folder)).toEqual([...(MAY_IMPORT[folder] ?? [])].sort());
  });

  it('of the composition root go in one direction: main, serve, app, then the modules', () => {
    const order = ['main.ts', 'start/serve.ts', 'app.ts', 'app.module.ts', 'persistence.module.ts'];
    const wrong = edges.filter(
      ({ path, imported }) =>
        order.includes(path) &&
        order.indexOf(imported) > -1 &&
        order.indexOf(imported) <= order.indexOf(path),
    );
    expect(shown(wrong)).toEqual([]);
    expect(shown(edges.filter(({ imported }) => imported === 'main.ts'))).toEqual([]);
    // A signal is handled before the service is loaded.
    expect(shown(edges.filter(({ path }) => path === 'start/arguments.ts'))).toEqual([]);
  });

  it('of config by other folders are only of namespaces.ts', () => {
    const others = edges.filter(
      ({ path, imported }) =>
        folderOf(imported) === 'config' && !['config', ...COMPOSITION].includes(folderOf(path)),
    );
    expect(shown(others.filter(({ imported }) => imported !== 'config/namespaces.ts'))).toEqual([]);
    // Other applications import the other files of these folders, which take options instead.
    const ofPackage = others.filter(({ path }) => ['token', 'keys'].includes(folderOf(path)));
    expect(shown(ofPackage).sort()).toEqual([
      'keys/keys.module.ts -> config/namespaces.ts',
      'token/token-routes.module.ts -> config/namespaces.ts',
    ]);
  });

  it('of the main entry of the package do not reach config', () => {
    const reached = reachedFrom('index.ts');
    expect(reached).toContain('token/token.module.ts');
    expect(reached.filter((path) => folderOf(path) === 'config')).toEqual([]);
  });

  it('of config/namespaces.ts reach no module, controller or service', () => {
    const reached = reachedFrom('config/namespaces.ts');
    expect(reached.filter((path) => /module|controller|service\.ts/.test(path))).toEqual([]);
  });

  it('of jwt, encoding and concurrency include only Node packages', () => {
    const packages = files
      .filter(({ path }) => ['jwt', 'encoding', 'concurrency'].includes(folderOf(path)))
      .flatMap((file) => file.packages);
    expect(packages.filter((name) => !name.startsWith('node:'))).toEqual([]);
  });

  it('of the folders that other applications import include only peers and Node packages', () => {
    const folders = [
      'guard',
      'token-client',
      'testing',
      'http-client',
      'key-sets',
      'encoding',
      'concurrency',
    ];
    const packages = files
      .filter(({ path }) => folders.includes(folderOf(path)))
      .flatMap((file) => file.packages);
    const allowed =
      /^(node:|@nestjs\/(common|core|microservices|websockets)$|reflect-metadata$|rxjs$|class-(validator|transformer)$)/;
    expect(packages.filter((name) => !allowed.test(name))).toEqual([]);
  });

  it('of @nestjs/jwt are only in token', () => {
    const importers = files.filter(({ packages }) => packages.includes('@nestjs/jwt'));
    expect(new Set(importers.map(({ path }) => folderOf(path)))).toEqual(new Set(['token']));
  });

  it.each(['keys', 'clients', 'revocation', 'audit'])('of %s include no HTTP package', (folder) => {
    const packages = files.filter(({ path }) => folderOf(path) === folder).flatMap((file) => file.packages);
    expect(packages.filter((name) => /fastify|express|swagger|node:https?$/.test(name))).toEqual([]);
  });
});

describe('src', () => {
  it('reads the environment of the process only in config', () => {
    expect(
      filesWith(/\bprocess\s*\.\s*env\b|\benv\b[^;\n]*from 'node:process'/).filter(
        (path) => folderOf(path) !== 'config',
      ),
    ).toEqual([]);
  });

  it('reads the system clock only in clock.ts', () => {
    expect(filesWith(/\bDate\.now\s*\(|\bnew Date\(\s*\)|\bperformance\.now\s*\(/)).toEqual(['clock.ts']);
  });

  it('writes to the console only in cli', () => {
    expect(filesWith(/\bconsole\s*\.\s*\w+\(/).filter((path) => folderOf(path) !== 'cli')).toEqual([]);
  });

  it('injects a class by its type, without @Inject', () => {
    expect(filesWith(/@Inject\((\w+)\)[^,)]*: \1\b/)).toEqual([]);
  });
});
