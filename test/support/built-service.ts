import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Credentials } from './http-request.js';
import { Program, type ProgramOptions, within } from './program.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const MAIN = join(ROOT, 'dist/main.js');
export const COMMAND_LINE = join(ROOT, 'dist/cli/identity-backend.js');

/** The secret of services that tests start. */
export const SERVICE_SECRET = 'secret-of-a-system-test-that-no-service-uses-0123456789';

/** A service from `dist`, in its own processes. */
export class BuiltService extends Program {
  private origin = '';

  /** @param main the `main.js` of another build */
  constructor(options: ProgramOptions = {}, main = MAIN) {
    const environment = { JWT_SECRET_KEY: SERVICE_SECRET, PORT: '0', ...options.environment };
    super(process.execPath, [main], { ...options, environment });
  }

  get url(): string {
    return this.origin;
  }

  /** Waits until this many of its processes listen. */
  async listening(processes = 1): Promise<this> {
    const [first] = await this.logged(/^listening$/, processes);
    this.origin = String(first?.['url']).replace('0.0.0.0', '127.0.0.1');
    return this;
  }

  /** The processes that listen or have listened. */
  get workers(): readonly number[] {
    return this.entries(/^listening$/).map(({ pid }) => Number(pid));
  }
}

/** Starts the service on a free port, and waits until this many of its processes listen. */
export function startService(
  environment: NodeJS.ProcessEnv = {},
  { cwd, workers = 1 }: { readonly cwd?: string | undefined; readonly workers?: number } = {},
): Promise<BuiltService> {
  return new BuiltService({ cwd, environment }).listening(workers);
}

/** The command line of the built service. */
export function commandLine(parameters: readonly string[], options: ProgramOptions = {}): Program {
  return new Program(process.execPath, [COMMAND_LINE, ...parameters], options);
}

/** The options of an administrator for {@link makeClient}. */
export const ADMINISTRATOR_OPTIONS = ['--audience', 'identity-backend', '--scope', 'identity:admin'];

/** Creates a client in the database of a directory, or of the settings. */
export async function makeClient(
  cwd: string,
  environment: NodeJS.ProcessEnv,
  id: string,
  ...parameters: readonly string[]
): Promise<Credentials> {
  const command = commandLine(['clients', 'create', '--id', id, ...parameters, '--json'], {
    cwd,
    environment: { JWT_SECRET_KEY: SERVICE_SECRET, ...environment },
  });
  const code = await within(command.ended, 'clients create');
  const secret = /"client_secret": ?"([^"]+)"/.exec(command.stdout)?.[1];
  if (code !== 0 || secret === undefined) throw new Error(`clients create ended ${code}:\n${command.text}`);
  return { id, secret };
}
