import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/built-service.js';
import { linkInstalledPackages, pack, type PackedPackage } from '../support/packed-package.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** What the package may contain: the build and the documentation. */
const ALLOWED =
  /^(?:dist\/.+\.(?:js|d\.ts)|docs\/.+\.md|package\.json|README\.md|CHANGELOG\.md|SECURITY\.md|LICENSE|\.env\.example)$/;
const NEEDED = [
  'dist/main.js',
  'dist/index.js',
  'dist/index.d.ts',
  ...['guard', 'token-client', 'testing'].flatMap((entry) => [
    `dist/${entry}/index.js`,
    `dist/${entry}/index.d.ts`,
  ]),
  'dist/cli/identity-backend.js',
];

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
  ['identity-backend', STORES, SERVERS],
  ['identity-backend/guard', STORES, SERVERS, ISSUER],
  ['identity-backend/token-client', STORES, SERVERS, ISSUER],
  ['identity-backend/testing', STORES, SERVERS, ISSUER, /^@nestjs\//],
];

describe('the package as npm would publish it', () => {
  let folder: string;
  let packed: PackedPackage;

  const run = (...parameters: readonly string[]): string =>
    execFileSync(process.execPath, parameters, { cwd: folder, env: {}, encoding: 'utf8' });

  /** Runs a tool of the repository. */
  const tool = (
    name: string,
    ...parameters: readonly string[]
  ): readonly [code: number | null, text: string] => {
    const command = [join(ROOT, 'node_modules/.bin', name), ...parameters];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    return [status, stdout + stderr];
  };

  beforeAll(() => {
    folder = realpathSync(temporaryDirectory());
    packed = pack(folder);
    // Unpacked next to the other packages of the repository, as if it were installed.
    const installed = join(folder, 'node_modules/identity-backend');
    linkInstalledPackages(join(folder, 'node_modules'), ['identity-backend']);
    mkdirSync(installed);
    execFileSync('tar', ['-xzf', packed.path, '-C', installed, '--strip-components=1']);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  }, 120_000);

  it('contains only the build and the documentation', () => {
    expect(packed.files.map(({ path }) => path).filter((path) => !ALLOWED.test(path))).toEqual([]);
  });

  it('contains every entry point, with its types', () => {
    expect(packed.files.map(({ path }) => path)).toEqual(expect.arrayContaining(NEEDED));
  });

  it('contains an executable command line', () => {
    const command = packed.files.find(({ path }) => path === 'dist/cli/identity-backend.js');
    expect((command?.mode ?? 0) & 0o111).toBe(0o111);
  });

  it('passes publint', () => {
    expect(tool('publint', 'run', packed.path, '--strict')).toEqual([0, expect.anything()]);
  });

  it('has types that resolve under every module resolution', () => {
    // CommonJS applications load ES modules by `require`, which every Node that this package supports can do.
    const options = ['--ignore-rules', 'cjs-resolves-to-esm', '--format', 'table-flipped'];
    expect(tool('attw', packed.path, ...options)).toEqual([0, expect.anything()]);
  });

  describe.each(ENTRIES)('its entry point %s', (entry, ...forbidden) => {
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
});
