import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A line of the log. */
export type LogEntry = Readonly<Record<string, unknown>>;

/** How a process is started. */
export interface StartOptions {
  readonly cwd: string;
  /** All that it gets beside `PATH`. */
  readonly environment?: NodeJS.ProcessEnv;
  /** The user that runs it; the same one if left out. */
  readonly uid?: number | undefined;
}

/** The service in a process of its own, from compiled sources. */
export class ServiceProcess {
  private output = '';
  private readonly child: ChildProcess;
  /** Resolves to the exit code. */
  readonly ended: Promise<number | null>;

  /** @param sources from `compiledSource()` */
  constructor(sources: string, { cwd, environment = {}, uid }: StartOptions) {
    this.child = spawn(process.execPath, [join(sources, 'src/main.js')], {
      cwd,
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid !== undefined && { uid }),
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** All that it wrote. */
  get text(): string {
    return this.output;
  }

  /** The lines of the log with this message. */
  entries(message: RegExp): LogEntry[] {
    return this.output
      .split('\n')
      .filter((line) => /^\{.*\}$/.test(line))
      .map((line) => JSON.parse(line) as LogEntry)
      .filter(({ msg }) => message.test(String(msg)));
  }

  /** Waits until as many processes of it listen. */
  async listening(processes = 1): Promise<LogEntry[]> {
    for (;;) {
      const entries = this.entries(/^listening$/);
      if (entries.length >= processes) return entries;
      if (this.child.exitCode !== null) throw new Error(`It ended:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) this.child.kill('SIGTERM');
    await this.ended;
  }
}

/** A port of this machine that nothing listens on. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
