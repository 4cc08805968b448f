import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './built-service.js';
import { appModuleSource, LIBRARY_SOURCE, mainSource } from './monorepo-sources.js';
import { Program } from './program.js';
import { temporaryDirectory } from './temporary-directory.js';

/** What makes an application different from the others. */
export interface MonorepoApp {
  readonly server: 'fastify' | 'express';
  readonly type: 'module' | 'commonjs';
}

/** The applications by name. */
export const MONOREPO_APPS: Readonly<Record<string, MonorepoApp>> = {
  accounts: { server: 'fastify', type: 'module' },
  orders: { server: 'express', type: 'module' },
  legacy: { server: 'express', type: 'commonjs' },
};

const NAMES = Object.keys(MONOREPO_APPS);
const STRICT = {
  target: 'ES2023',
  types: ['node'],
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitReturns: true,
  paths: { '@app/auth': ['./libs/auth/src/index.ts'] },
};
const NODE = { module: 'NodeNext', moduleResolution: 'NodeNext' };
/** What Nest generated for new repositories for years; the entry points are found by typesVersions. */
const COMMONJS = {
  module: 'CommonJS',
  moduleResolution: 'node10',
  ignoreDeprecations: '6.0',
  paths: { '@app/auth': ['../../libs/auth/src'] },
};

/** An application that runs. */
export interface RunningMonorepoApp {
  readonly name: string;
  readonly url: string;
  readonly program: Program;
}

/** A Nest monorepo: a library, and applications on Fastify, on Express and in CommonJS. */
export class Monorepo {
  readonly folder = temporaryDirectory();

  /** @param tarball of the service's package */
  write(tarball: string): void {
    this.file('package.json', packageJson(tarball));
    this.file('tsconfig.json', { compilerOptions: { ...STRICT, ...NODE } });
    this.file('nest-cli.json', nestSettings());
    this.file('libs/auth/src/index.ts', LIBRARY_SOURCE);
    for (const [name, app] of Object.entries(MONOREPO_APPS)) this.writeApp(name, app);
  }

  /** Runs a command in it, without the npm variables of the repository in which the tests run. */
  run(command: string, ...parameters: readonly string[]): { code: number | null; text: string } {
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^npm_(?!config)/.test(name)),
    );
    const { status, stdout, stderr } = spawnSync(command, parameters, {
      cwd: this.folder,
      env,
      encoding: 'utf8',
    });
    return { code: status, text: stdout + stderr };
  }

  /** The text of the built `main.js` of an application. */
  builtMain(name: string): string {
    return readFileSync(this.mainOf(name), 'utf8');
  }

  async start(name: string, environment: NodeJS.ProcessEnv): Promise<RunningMonorepoApp> {
    const program = new Program(process.execPath, [this.mainOf(name)], { environment, cwd: this.folder });
    const [, url = ''] = await program.wrote(/Listening on (http:\S+)/);
    return { name, url, program };
  }

  private mainOf(name: string): string {
    return join(this.folder, `apps/${name}/dist/apps/${name}/src/main.js`);
  }

  private writeApp(name: string, { server, type }: MonorepoApp): void {
    const isModule = type === 'module';
    this.file(`apps/${name}/package.json`, { name, private: true, type });
    this.file(`apps/${name}/tsconfig.app.json`, {
      extends: '../../tsconfig.json',
      compilerOptions: {
        ...(isModule ? NODE : COMMONJS),
        rootDir: '../..',
        outDir: './dist',
        // The types of this package are checked, except on Express, whose types Nest does not install.
        skipLibCheck: server === 'express',
      },
      include: ['src/**/*'],
    });
    this.file(`apps/${name}/src/main.ts`, mainSource(server, isModule));
    this.file(`apps/${name}/src/app.module.ts`, appModuleSource(name));
  }

  private file(path: string, content: string | object): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
    writeFileSync(join(this.folder, path), text);
  }
}

function packageJson(tarball: string): object {
  const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Readonly<
    Record<string, Readonly<Record<string, string>>>
  >;
  const versions = { ...own['devDependencies'], ...own['dependencies'], ...own['peerDependencies'] };
  const pick = (...packages: readonly string[]): object =>
    Object.fromEntries(packages.map((name) => [name, versions[name]]));
  return {
    name: 'monorepo',
    private: true,
    type: 'module',
    dependencies: {
      ...pick('@nestjs/common', '@nestjs/core', '@nestjs/platform-express', '@nestjs/platform-fastify'),
      ...pick('reflect-metadata', 'rxjs'),
      '@acme/identity-backend': `file:${tarball}`,
    },
    devDependencies: pick('@nestjs/cli', '@types/node', 'typescript'),
  };
}

function nestSettings(): object {
  const project = (type: 'application' | 'library', root: string): object => ({
    type,
    root,
    entryFile: type === 'library' ? 'index' : 'main',
    sourceRoot: `${root}/src`,
    compilerOptions: { tsConfigPath: `${root}/tsconfig.app.json` },
  });
  return {
    $schema: 'https://json.schemastore.org/nest-cli',
    collection: '@nestjs/schematics',
    monorepo: true,
    root: 'apps/accounts',
    sourceRoot: 'apps/accounts/src',
    compilerOptions: { builder: 'tsc', tsConfigPath: 'apps/accounts/tsconfig.app.json' },
    projects: {
      ...Object.fromEntries(NAMES.map((name) => [name, project('application', `apps/${name}`)])),
      auth: project('library', 'libs/auth'),
    },
  };
}
