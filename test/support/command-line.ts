import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { compiledSource } from './compiled-source.js';
import { temporaryDirectory } from './temporary-directory.js';

/** How a process ended, and what it wrote. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as it is installed, in its own process. */
export class CommandLine {
  private constructor(
    private readonly script: string,
    /** Holds `data/`. */
    readonly directory: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Compiles the sources, so that tests need no build. */
  static prepare(): CommandLine {
    const script = join(compiledSource(), 'src/cli/identity-backend.js');
    return new CommandLine(script, temporaryDirectory(), {});
  }

  /** The same commands with other settings, or in another directory. */
  with(environment: NodeJS.ProcessEnv, directory = this.directory): CommandLine {
    return new CommandLine(this.script, directory, { ...this.environment, ...environment });
  }

  /**
   * Runs `identity-backend` with these arguments and none of this process's own settings. Node 20 and later
   * exit with 9 if the file of `--env-file` is missing, even after the name of the script; after `--` they
   * leave it to the script.
   */
  run(...parameters: string[]): Promise<Ended> {
    return this.pipe(undefined, ...parameters);
  }

  /** As {@link run}, with a text on standard input. */
  pipe(input: string | undefined, ...parameters: string[]): Promise<Ended> {
    const options = { cwd: this.directory, env: { PATH: process.env['PATH'], ...this.environment } };
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        ['--', this.script, ...parameters],
        options,
        (error, stdout, stderr) => {
          resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
        },
      );
      // A command that fails early does not read its input.
      child.stdin?.on('error', () => {});
      if (input !== undefined) child.stdin?.end(input);
    });
  }
}
