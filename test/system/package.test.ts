import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/built-service.js';
import { linkInstalledPackages, pack, type PackedPackage } from '../support/packed-package.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const CODE = ['guard', 'token-client', 'testing'].flatMap((entry) => [
  `dist/${entry}/index.js`,
  `dist/${entry}/index.d.ts`,
]);

/** What each package may contain, and what it must contain. */
const CONTENTS = {
  service: {
    allowed:
      /^(?:dist\/.+\.(?:js|d\.ts)|docs\/.+\.md|package\.json|README\.md|CHANGELOG\.md|SECURITY\.md|LICENSE|\.env\.example)$/,
    needed: ['dist/main.js', 'dist/index.js', 'dist/index.d.ts', ...CODE, 'dist/cli/identity-backend.js'],
  },
  client: {
    allowed: /^(?:dist\/.+\.(?:js|d\.ts)|package\.json|README\.md|LICENSE)$/,
    needed: [...CODE, 'package.json', 'README.md', 'LICENSE'],
  },
} as const;

/** Prints the URL of each module that Node loads: of ES modules as they load, of CommonJS at the end. */
const LOADER = `
import { writeSync } from 'node:fs';
export const load = (url, context, next) => (writeSync(1, url + '\\n'), next(url, context));
`;
const PROGRAM = `
import { createRequire, register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(LOADER)}));
const [entry] = process.argv.slice(1);
const require = createRequire(import.meta.url);
const loaded = await import(entry);
console.log('named: ' + Object.keys(loaded).length);
console.log(Object.keys(require.cache).join('\\n'));
`;

const STORES = /^(?:typeorm|@nestjs\/typeorm|pg|mysql2|libsql|@libsql\/.*|ioredis)$/;
const SERVERS =
  /^(?:fastify|@fastify\/.*|express|@nestjs\/platform-.*|@nestjs\/terminus|@nestjs\/config|pino|prom-client)$/;
const ISSUER =
  /^(?:@nestjs\/swagger|swagger-ui-dist|class-validator|class-transformer|jose|jsonwebtoken|@nestjs\/jwt)$/;

/** The entry points, and the packages that an import of each must not load. */
const ENTRIES: readonly (readonly [entry: string, ...forbidden: RegExp[]])[] = [
  ['@acme/identity-backend', STORES, SERVERS],
  ['@acme/identity-backend/guard', STORES, SERVERS, ISSUER],
  ['@acme/identity-backend/token-client', STORES, SERVERS, ISSUER],
  ['@acme/identity-backend/testing', STORES, SERVERS, ISSUER],
  ['@acme/identity-client', STORES, SERVERS, ISSUER],
  ['@acme/identity-client/guard', STORES, SERVERS, ISSUER],
  ['@acme/identity-client/token-client', STORES, SERVERS, ISSUER],
  ['@acme/identity-client/testing', STORES, SERVERS, ISSUER],
];

/** Runs a tool of the repository. */
function tool(name: string, ...parameters: readonly string[]): readonly [code: number | null, text: string] {
  const command = [join(ROOT, 'node_modules/.bin', name), ...parameters];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  return [status, stdout + stderr];
}

type Manifest = Readonly<Record<string, unknown>>;

function readJson(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

let folder: string;
let packed: Readonly<Record<keyof typeof CONTENTS, PackedPackage>>;

const run = (...parameters: readonly string[]): string =>
  execFileSync(process.execPath, parameters, { cwd: folder, env: {}, encoding: 'utf8' });
const installed = (name: keyof typeof CONTENTS, path = ''): string =>
  join(folder, 'node_modules', packed[name].name, path);
const manifestOf = (name: keyof typeof CONTENTS): Manifest => readJson(installed(name, 'package.json'));

beforeAll(() => {
  folder = realpathSync(temporaryDirectory());
  packed = pack(folder);
  // Unpacked next to the other packages of the repository, as if both were installed.
  linkInstalledPackages(join(folder, 'node_modules'));
  packed.service.unpackInto(join(folder, 'node_modules'));
  packed.client.unpackInto(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
}, 120_000);

describe.each(['service', 'client'] as const)('the package of the %s', (name) => {
  const { allowed, needed } = CONTENTS[name];

  it('contains only what belongs there', () => {
    const paths = packed[name].files.map(({ path }) => path);
    expect(paths.filter((path) => !allowed.test(path))).toEqual([]);
  });

  it('contains every entry point, with its types', () => {
    expect(packed[name].files.map(({ path }) => path)).toEqual(expect.arrayContaining([...needed]));
  });

  it('refers to no source maps, because it has none', () => {
    const found = spawnSync('grep', ['-rlE', '^//# sourceMappingURL=', installed(name)], {
      encoding: 'utf8',
    });
    expect([found.status, found.stdout]).toEqual([1, '']);
  });

  it('names itself as its pages do, can be published and runs nothing when it is installed', () => {
    const { name: own, version, license, engines, private: isPrivate, scripts, ...rest } = manifestOf(name);
    const repository = JSON.parse(
      execFileSync('cat', [join(ROOT, 'package.json')], { encoding: 'utf8' }),
    ) as Readonly<Record<string, unknown>>;
    expect(own).toBe(packed[name].name);
    expect({ version, license, engines }).toEqual({
      version: repository['version'],
      license: 'MIT',
      engines: repository['engines'],
    });
    expect({ isPrivate, scripts }).toEqual({});
    for (const field of ['devDependencies', 'repository', 'homepage', 'bugs']) {
      expect(rest).not.toHaveProperty(field);
    }
    expect(rest['typesVersions']).toEqual(repository['typesVersions']);
  });

  it('passes publint', () => {
    expect(tool('publint', 'run', packed[name].path, '--strict')).toEqual([0, expect.anything()]);
  });

  it('has types that resolve under every module resolution', () => {
    // CommonJS applications load ES modules by `require`, which every Node that this package supports can do.
    const options = ['--ignore-rules', 'cjs-resolves-to-esm', '--format', 'table-flipped'];
    expect(tool('attw', packed[name].path, ...options)).toEqual([0, expect.anything()]);
  });
});

describe('the package of the service', () => {
  it('contains an executable command line', () => {
    const command = packed.service.files.find(({ path }) => path === 'dist/cli/identity-backend.js');
    expect(command?.isExecutable).toBe(true);
    const file = installed('service', 'dist/cli/identity-backend.js');
    expect(run(file, '--version').trim()).toBe(manifestOf('service')['version']);
  });

  it('contains the chunks of one build', () => {
    const { chunks } = readJson(join(ROOT, 'dist/build.json'));
    const paths = packed.service.files.map(({ path }) => path);
    const packedChunks = paths.filter((path) => path.startsWith('dist/bundle/'));
    expect(packedChunks.map((path) => path.slice('dist/'.length)).sort()).toEqual(chunks);
  });

  it('does not depend on the other package, and switches off the report of installations', () => {
    const { dependencies, optionalDependencies, scarfSettings, bin } = manifestOf('service');
    expect(Object.keys({ ...(dependencies as object), ...(optionalDependencies as object) })).not.toContain(
      packed.client.name,
    );
    expect(scarfSettings).toEqual({ enabled: false });
    expect(bin).toEqual({ 'identity-backend': 'dist/cli/identity-backend.js' });
  });
});

describe('the package of the client', () => {
  it('is under 100 KB', () => {
    expect(packed.client.size).toBeLessThan(100_000);
  });

  it('has no dependencies but peers, and no command', () => {
    const { dependencies, optionalDependencies, bin, peerDependencies, peerDependenciesMeta } =
      manifestOf('client');
    expect({ dependencies, optionalDependencies, bin }).toEqual({});
    const optional = Object.keys(peerDependenciesMeta ?? {});
    const required = Object.keys(peerDependencies as object).filter((peer) => !optional.includes(peer));
    expect(required).toEqual(['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs']);
  });

  it('has the same files as the package of the service', () => {
    const paths = packed.client.files.map(({ path }) => path).filter((path) => path.startsWith('dist/'));
    expect(paths.length).toBeGreaterThan(60);
    for (const path of paths) {
      expect(readFileSync(installed('client', path))).toEqual(readFileSync(installed('service', path)));
    }
  });
});

describe.each(ENTRIES)('the entry point %s', (entry, ...forbidden) => {
  it('loads no package that it does not need', () => {
    const output = run('--input-type=module', '--eval', PROGRAM, entry);
    expect(output).toMatch(/^named: [1-9]/m);
    const paths = [...output.matchAll(/.*\/node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//g)];
    const names = new Set(paths.map(([, name]) => name ?? ''));
    expect([...names].filter((name) => forbidden.some((pattern) => pattern.test(name)))).toEqual([]);
  });

  it('can be required by CommonJS', () => {
    const program = `console.log(Object.keys(require(${JSON.stringify(entry)})).length)`;
    expect(Number(run('--input-type=commonjs', '--eval', program))).toBeGreaterThan(0);
  });
});

describe('the script that packs', () => {
  const script = (...parameters: readonly string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'scripts/pack.js'), ...parameters], {
      cwd: folder,
      encoding: 'utf8',
    });

  it.each([
    ['no scope', [], /^--scope is missing\. .*\n$/],
    ['a scope without @', ['--scope', 'acme'], /^--scope must be a scope of npm, .* not "acme"\n$/],
    ['capital letters', ['--scope', '@Acme'], /^--scope must be a scope of npm/],
    ['a scope with a name', ['--scope', '@acme/x'], /^--scope must be a scope of npm/],
    ['an empty scope', ['--scope', '@'], /^--scope must be a scope of npm/],
    ['a path', ['--scope', '@../x'], /^--scope must be a scope of npm/],
    ['a scope that is too long', ['--scope', `@${'a'.repeat(214)}`], /^--scope must be a scope of npm/],
    ['an unknown option', ['--scope', '@acme', '--dry'], /^Unknown option '--dry'\. .*\n$/],
    ['another argument', ['--scope', '@acme', 'x'], /^Unexpected argument 'x'\. .*\n$/],
    ['a file as the folder', ['--scope', '@acme', '--out', 'package.json'], /^--out is not a folder .*\n$/],
  ])('refuses %s in one sentence, before it builds', (_, parameters, message) => {
    const { status, stdout, stderr } = script(...parameters);
    expect([status, stdout, stderr]).toEqual([1, '', expect.stringMatching(message)]);
  });

  it('creates the folder, prints only the paths, and names the packages and their pages by the scope', () => {
    const { status, stdout } = script('--scope', '@big.corp', '--out', 'new/folder');
    const out = join(folder, 'new/folder');
    const names = ['big.corp-identity-backend', 'big.corp-identity-client'].map((name) =>
      join(out, `${name}-${String(manifestOf('client')['version'])}.tgz`),
    );
    expect([status, stdout]).toEqual([0, names.map((name) => `${name}\n`).join('')]);
    expect(readdirSync(out)).toHaveLength(2);
    for (const name of names) {
      const text = execFileSync('tar', ['-xOzf', name, '--wildcards', '*.md', '*package.json'], {
        encoding: 'utf8',
      });
      expect(text).not.toMatch(/@acme\/identity-/);
      expect(text).toMatch(/@big\.corp\/identity-client/);
    }
  });

  it('leaves nothing behind in the repository', () => {
    expect(existsSync(join(ROOT, '.dist.lock'))).toBe(false);
    expect(readdirSync(ROOT).filter((name) => name.endsWith('.tgz'))).toEqual([]);
  });
});
