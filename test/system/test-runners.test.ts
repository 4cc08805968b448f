import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { TOKEN_FAULTS } from '../../src/testing/index.js';
import { ROOT } from '../support/built-service.js';
import { blocksOf, readPage } from '../support/markdown.js';
import { pack } from '../support/packed-package.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const blocks = blocksOf(readPage('docs/test.md'));
/** The blocks of the page that name a file. */
const FILES = blocks.flatMap(({ info, text }) => {
  const [, path] = /^(?:ts|js) (\S+)$/.exec(info) ?? [];
  return path === undefined ? [] : [{ path, text }];
});
/** The packages that the page says to install. */
const RUNNERS = blocks
  .filter(({ info, text }) => info === 'bash' && text.startsWith('npm install --save-dev '))
  .flatMap(({ text }) => text.trim().split(' ').slice(3));

/** What Nest's command line generates, with the strict options. */
const COMPILER_OPTIONS = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  resolvePackageJsonExports: true,
  esModuleInterop: true,
  isolatedModules: true,
  emitDecoratorMetadata: true,
  experimentalDecorators: true,
  allowSyntheticDefaultImports: true,
  target: 'ES2023',
  types: ['node', 'jest'],
  skipLibCheck: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
};
/** The packages of the applications that it generates. */
const APPLICATION = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', '@nestjs/testing'];
const OTHERS = ['reflect-metadata', 'rxjs', 'typescript', '@types/node'];

/** Each fault has a test, and there are six others. */
const TESTS = Object.keys(TOKEN_FAULTS).length + 6;

const folder = temporaryDirectory();

function file(path: string, content: string | object): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
}

/** Runs a command in the application, without the variables of the repository in which the tests run. */
function run(command: string, ...parameters: readonly string[]): { code: number | null; text: string } {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!config)|^NODE_|^JEST_/.test(name)),
  );
  const { status, stdout, stderr } = spawnSync(command, parameters, { cwd: folder, env, encoding: 'utf8' });
  return { code: status, text: status === 0 ? stdout : stdout + stderr };
}

/** The version ranges of this repository. */
function versions(names: readonly string[]): string[] {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Readonly<
    Record<string, Readonly<Record<string, string>>>
  >;
  const all = {
    ...manifest['devDependencies'],
    ...manifest['dependencies'],
    ...manifest['peerDependencies'],
  };
  return names.map((name) => `${name}@${String(all[name])}`);
}

describe('the page about tests', () => {
  beforeAll(() => {
    file('package.json', { private: true });
    for (const { path, text } of FILES) file(path, text);
    const packages = [pack(folder).client.path, ...versions([...APPLICATION, ...OTHERS]), ...RUNNERS];
    const installed = run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...packages);
    if (installed.code !== 0) throw new Error(installed.text);
  }, 240_000);

  it('has the files of one module, three suites and two configurations', () => {
    expect(FILES.map(({ path }) => path)).toEqual([
      'src/logs.module.ts',
      'src/logs.spec.ts',
      'src/notes.spec.ts',
      'src/tokens.spec.ts',
      'jest.config.mjs',
      'vitest.config.mjs',
    ]);
  });

  describe.each(['commonjs', 'module'])('in an application of type %s', (type) => {
    beforeAll(() => {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;
      file('package.json', { ...manifest, type });
      file('tsconfig.json', { compilerOptions: COMPILER_OPTIONS, include: ['src'] });
    });

    it('compiles', () => {
      expect(run('npx', '--no-install', 'tsc')).toEqual({ code: 0, text: '' });
    });

    it.each([
      ['jest', '--json'],
      ['vitest', 'run', '--reporter=json'],
    ])('passes with %s', (...command) => {
      const { code, text } = run('npx', '--no-install', ...command);
      if (code !== 0) throw new Error(text);
      expect(JSON.parse(text)).toMatchObject({ numPassedTests: TESTS, numTotalTests: TESTS });
    });
  });

  it('passes with jest as native ES modules', () => {
    const config = FILES.find(({ path }) => path === 'jest.config.mjs')?.text ?? '';
    const native = config
      .replace("type: 'commonjs'", "type: 'es6'")
      .replace(/transformIgnorePatterns: .*/, "extensionsToTreatAsEsm: ['.ts'],");
    file('jest.native.config.mjs', native);
    const jest = ['node_modules/jest/bin/jest.js', '--config', 'jest.native.config.mjs', '--json'];
    const { code, text } = run(process.execPath, '--experimental-vm-modules', ...jest);
    if (code !== 0) throw new Error(text);
    expect(JSON.parse(text)).toMatchObject({ numPassedTests: TESTS, numTotalTests: TESTS });
  });
});
