import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './built-service.js';
import { APPLICATION_SOURCE, MAIN_SOURCE } from './nest-consumer-sources.js';
import { Program } from './program.js';
import { temporaryDirectory } from './temporary-directory.js';

/** The entry points of the light package. */
const ENTRIES = ['guard', 'token-client', 'testing'] as const;

const NPM_OPTIONS = [
  '--strict-peer-deps',
  '--prefer-offline',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];

/** What the applications are compiled to, and how TypeScript finds the entry points. */
export const MODULE_KINDS = {
  // The declarations of Fastify need esModuleInterop.
  commonjs: {
    type: 'commonjs',
    options: { module: 'CommonJS', moduleResolution: 'node10', esModuleInterop: true },
  },
  esm: { type: 'module', options: { module: 'NodeNext', moduleResolution: 'NodeNext' } },
} as const;
export type ModuleKind = keyof typeof MODULE_KINDS;

/** What a repository on one major of Nest installs. */
export interface Installed {
  readonly nest: number;
  readonly express: number;
  /** The major of the compiler; that of this repository is linked instead if it is omitted. */
  readonly typescript?: number | undefined;
}

/** The URLs of the applications of {@link MAIN_SOURCE}, and what they loaded. */
export interface StartedConsumer {
  readonly urls: Readonly<Record<'express' | 'fastify', string>>;
  readonly exported: readonly string[];
  readonly algorithm: string;
  readonly faults: number;
}

/** A repository on one major of Nest that installs the light package with npm. */
export class NestConsumer {
  readonly folder = temporaryDirectory();

  /**
   * @param installed the versions of its other packages
   * @param tarball of the light package
   */
  constructor(
    private readonly installed: Installed,
    private readonly tarball: string,
  ) {}

  /** Installs all packages. @returns what npm printed; the exit code is 0 unless packages conflict */
  async install(): Promise<{ readonly code: unknown; readonly text: string }> {
    this.file('package.json', this.packageJson());
    const outcome = await this.run('npm', 'install', ...NPM_OPTIONS);
    if (!this.installed.typescript) {
      symlinkSync(join(ROOT, 'node_modules/typescript'), join(this.folder, 'node_modules/typescript'));
    }
    return outcome;
  }

  /**
   * Counts the packages of an application on Express.
   *
   * @param without whether it is counted without the light package
   */
  async countOnExpress(without: boolean): Promise<number> {
    const names = Object.entries(this.dependencies).filter(
      ([name]) => !/fastify/.test(name) && !(without && name.startsWith('@acme/')),
    );
    this.file('package.json', { name: 'express', private: true, dependencies: Object.fromEntries(names) });
    const { code, text } = await this.run('npm', 'install', '--package-lock-only', ...NPM_OPTIONS);
    if (code !== 0) throw new Error(text);
    return this.packages.length;
  }

  /** Compiles the application under strict options, the declarations of packages included. */
  async compile(kind: ModuleKind): Promise<{ readonly code: unknown; readonly text: string }> {
    this.file(`${kind}/package.json`, { private: true, type: MODULE_KINDS[kind].type });
    this.file(`${kind}/tsconfig.json`, { compilerOptions: this.options(kind), include: ['src'] });
    this.file(`${kind}/src/app.module.ts`, APPLICATION_SOURCE);
    this.file(`${kind}/src/main.ts`, MAIN_SOURCE);
    this.file(`${kind}/src/all-exports.ts`, this.allExports());
    return this.run(process.execPath, 'node_modules/typescript/bin/tsc', '-p', kind);
  }

  /** Starts the compiled application. */
  async start(
    kind: ModuleKind,
    environment: NodeJS.ProcessEnv,
  ): Promise<StartedConsumer & { readonly program: Program }> {
    const main = join(this.folder, kind, 'dist/main.js');
    const program = new Program(process.execPath, [main], { environment, cwd: this.folder });
    const [line] = await program.wrote(/^\{.*\}$/m);
    return { ...(JSON.parse(line) as StartedConsumer), program };
  }

  /** The installed packages, as paths in `node_modules`. */
  get packages(): readonly string[] {
    const lock = JSON.parse(readFileSync(join(this.folder, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, object>>;
    };
    return Object.keys(lock.packages).filter((path) => path !== '');
  }

  private async run(
    command: string,
    ...parameters: readonly string[]
  ): Promise<{ code: unknown; text: string }> {
    const program = new Program(command, parameters, { cwd: this.folder });
    const code = await program.ended;
    return { code, text: program.text };
  }

  private get dependencies(): Readonly<Record<string, string>> {
    const names = ['common', 'core', 'platform-express', 'platform-fastify'];
    return {
      ...Object.fromEntries(names.map((name) => [`@nestjs/${name}`, `^${this.installed.nest}`])),
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.2',
      '@acme/identity-client': `file:${this.tarball}`,
    };
  }

  private packageJson(): object {
    const { express, typescript } = this.installed;
    return {
      name: 'consumer',
      private: true,
      dependencies: this.dependencies,
      devDependencies: {
        '@types/node': '^20',
        '@types/express': `^${express}`,
        ...(typescript && { typescript: `^${typescript}` }),
      },
    };
  }

  private options(kind: ModuleKind): object {
    return {
      ...MODULE_KINDS[kind].options,
      ...(kind === 'commonjs' && !this.installed.typescript && { ignoreDeprecations: '6.0' }),
      target: 'ES2023',
      lib: ['ES2023'],
      types: ['node'],
      rootDir: 'src',
      outDir: 'dist',
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
    };
  }

  /** A module that exports whatever the entry points export, types included, by name. */
  private allExports(): string {
    const lines = ENTRIES.flatMap((entry) => {
      const path = join(this.folder, 'node_modules/@acme/identity-client/dist', entry, 'index.d.ts');
      const names = exportsIn(path).map(({ name, isType }) => {
        const alias = `${entry.replace('-', '')}_${name}`;
        return `${isType ? 'type ' : ''}${name} as ${alias}`;
      });
      return [`export { ${names.join(', ')} } from '@acme/identity-client/${entry}';`];
    });
    return `${lines.join('\n')}\n`;
  }

  private file(path: string, content: string | object): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(
      join(this.folder, path),
      typeof content === 'string' ? content : JSON.stringify(content, null, 2),
    );
  }
}

/** What a module of declarations exports from others. */
function exportsIn(path: string): readonly { readonly name: string; readonly isType: boolean }[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ESNext);
  return source.statements.filter(ts.isExportDeclaration).flatMap(({ exportClause, isTypeOnly }) =>
    exportClause && ts.isNamedExports(exportClause)
      ? exportClause.elements.map((element) => ({
          name: element.name.text,
          isType: isTypeOnly || element.isTypeOnly,
        }))
      : [],
  );
}
