import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryDirectory } from './temporary-directory.js';

/** A line of a log. */
export type LogEntry = Readonly<Record<string, unknown>>;

/** How a program is started. */
export interface ProgramOptions {
  /** A new directory if omitted. */
  readonly cwd?: string | undefined;
  /** Its environment variables in addition to {@link SURROUNDINGS}. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** The user that runs it; the same one if omitted. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

/** The only variables of this process that a program inherits: others must not affect the outcome. */
const SURROUNDINGS = ['PATH', 'HOME', 'TMPDIR', 'NODE_EXTRA_CA_CERTS'];
const PATIENCE_MS = 120_000;
const MOST_OUTPUT = 4_000_000;

const running = new Set<Program>();

/** A program in its own process group, and its output. */
export class Program {
  readonly child: ChildProcess;
  readonly cwd: string;
  /** Resolves to the exit code, or to the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** How many requests each process has logged, by process ID. */
  readonly responsesBy = new Map<number, number>();
  private readonly kept: LogEntry[] = [];
  private out = '';
  private err = '';
  private rest = '';

  constructor(command: string, parameters: readonly string[], options: ProgramOptions = {}) {
    const { environment = {}, uid, gid } = options;
    this.cwd = options.cwd ?? temporaryDirectory();
    const surroundings = SURROUNDINGS.filter((name) => process.env[name] !== undefined);
    this.child = spawn(command, parameters, {
      cwd: this.cwd,
      env: {
        ...Object.fromEntries(surroundings.map((name) => [name, process.env[name]])),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
    });
    running.add(this);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.read(text));
    this.child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.err = (this.err + text).slice(-MOST_OUTPUT)));
    this.ended = once(this.child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
      running.delete(this);
      return signal ?? code ?? NaN;
    });
  }

  get pid(): number {
    return this.child.pid ?? NaN;
  }

  get stdout(): string {
    return this.out;
  }

  get stderr(): string {
    return this.err;
  }

  /** All that it wrote. */
  get text(): string {
    return this.out + this.err;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** The log lines with this message; those of requests are only counted, in {@link responsesBy}. */
  entries(message: RegExp): LogEntry[] {
    return this.kept.filter(({ msg }) => message.test(String(msg)));
  }

  /** Waits until the log has this many lines with the message. */
  async logged(message: RegExp, count = 1): Promise<LogEntry[]> {
    for (const deadline = Date.now() + PATIENCE_MS; ;) {
      const entries = this.entries(message);
      if (entries.length >= count) return entries;
      if (this.hasEnded || Date.now() > deadline) throw new Error(`No ${message.source} in:\n${this.text}`);
      await delay(20);
    }
  }

  /** Waits until it has written this. */
  async wrote(pattern: RegExp): Promise<RegExpExecArray> {
    for (const deadline = Date.now() + PATIENCE_MS; ;) {
      const match = pattern.exec(this.text);
      if (match) return match;
      if (this.hasEnded || Date.now() > deadline) throw new Error(`No ${pattern.source} in:\n${this.text}`);
      await delay(20);
    }
  }

  private read(text: string): void {
    this.out = (this.out + text).slice(-MOST_OUTPUT);
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('{') || !line.endsWith('}')) continue;
      const entry = JSON.parse(line) as LogEntry;
      const pid = Number(entry['pid']);
      if (entry['msg'] === 'answered') this.responsesBy.set(pid, (this.responsesBy.get(pid) ?? 0) + 1);
      // Audit events are too many to be kept.
      else if (entry['audit'] !== true) this.kept.push(entry);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Signals every process of its group, as a terminal or a container does. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Stops it with SIGTERM. */
  async stop(): Promise<number | NodeJS.Signals> {
    if (!this.hasEnded) this.kill('SIGTERM');
    return within(this.ended, 'the end');
  }
}

/** Kills every program that still runs, and its group; for `afterAll`. */
export async function killPrograms(): Promise<void> {
  const programs = [...running];
  for (const program of programs) {
    try {
      program.killGroup('SIGKILL');
    } catch {
      program.kill('SIGKILL');
    }
  }
  await Promise.all(programs.map(({ ended }) => ended));
}

/** Whether a process runs; on Linux, a zombie does not count. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
}

/** Rejects if the promise takes longer. */
export async function within<T>(promise: Promise<T>, what: string, milliseconds = PATIENCE_MS): Promise<T> {
  const timer = new AbortController();
  const late = delay(milliseconds, undefined, { signal: timer.signal }).then((): never => {
    throw new Error(`Not within ${milliseconds} ms: ${what}`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}
