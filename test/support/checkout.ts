import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, SERVICE_SECRET } from './built-service.js';
import { linkInstalledPackages } from './packed-package.js';
import { Program } from './program.js';
import { temporaryDirectory } from './temporary-directory.js';

/** What `npm start` prints before it builds. */
export const BUILDING = /building, some 10 seconds/;

const COPIED = [
  'src',
  'scripts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'nest-cli.json',
  'app.cjs',
];

/** Settings of a service with a database of its own. */
export function startSettings(): NodeJS.ProcessEnv {
  return {
    JWT_SECRET_KEY: SERVICE_SECRET,
    KEY_ENCRYPTION_KEY: `other-${SERVICE_SECRET}`,
    PORT: '0',
    DATABASE_URL: `sqlite:${join(temporaryDirectory(), 'identity.db')}`,
  };
}

/** A copy of the repository in which tests change sources and build. */
export class Checkout {
  private constructor(readonly folder: string) {}

  static make(): Checkout {
    const checkout = new Checkout(temporaryDirectory());
    checkout.copyFrom(ROOT, COPIED);
    symlinkSync(join(ROOT, 'node_modules'), join(checkout.folder, 'node_modules'));
    return checkout;
  }

  /** Whether this user may start a process as PID 1 of a namespace. */
  static canUnshare(): boolean {
    try {
      execFileSync('unshare', ['--fork', '--pid', 'true'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }

  /** The same sources and build, with all installed packages except the build tools. */
  copyWithoutTools(): Checkout {
    const copy = new Checkout(temporaryDirectory());
    copy.copyFrom(this.folder, [...COPIED, 'dist']);
    linkInstalledPackages(join(copy.folder, 'node_modules'), ['typescript', 'rolldown']);
    return copy;
  }

  /** Changes the next build of the service and of the command line. */
  changeSources(text: string): void {
    for (const name of ['src/main.ts', 'src/serve.ts', 'src/cli/identity-backend.ts']) {
      const statement = `\nif (process.argv.length > 99) throw new Error('${text}');\n`;
      appendFileSync(join(this.folder, name), statement);
    }
  }

  /** The temporary folders that builds have left behind. */
  leftovers(): readonly string[] {
    return readdirSync(this.folder).filter((name) => name.startsWith('.dist'));
  }

  npm(...parameters: readonly string[]): Program {
    return new Program('npm', parameters, { cwd: this.folder, environment: startSettings() });
  }

  npmStart(...parameters: readonly string[]): Program {
    return this.npm('start', ...(parameters.length > 0 ? ['--', ...parameters] : []));
  }

  /** The service as process managers run it, in an empty folder. */
  start({
    parameters = [],
    environment = {},
  }: { readonly parameters?: readonly string[]; readonly environment?: NodeJS.ProcessEnv } = {}): Program {
    return new Program(process.execPath, [this.main, ...parameters], {
      environment: { ...startSettings(), ...environment },
    });
  }

  startAsPid1(): Program {
    const parameters = ['--fork', '--pid', process.execPath, this.main];
    return new Program('unshare', parameters, { environment: startSettings() });
  }

  command(environment: NodeJS.ProcessEnv, ...parameters: readonly string[]): Program {
    const script = join(this.folder, 'dist/cli/identity-backend.js');
    return new Program(process.execPath, [script, ...parameters], { environment });
  }

  private get main(): string {
    return join(this.folder, 'dist/main.js');
  }

  private copyFrom(folder: string, names: readonly string[]): void {
    for (const name of names) cpSync(join(folder, name), join(this.folder, name), { recursive: true });
  }
}
