import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/** A program that writes a line of JSON for each line of JSON that it reads. */
export class LineProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;
  private readonly complaints: Promise<string>;

  constructor(program: string, parameters: readonly string[]) {
    this.child = spawn(program, parameters, { env: { ...process.env, NO_PROXY: '127.0.0.1' } });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.complaints = text(this.child.stderr);
  }

  /** One at a time. */
  async ask(question: object): Promise<Readonly<Record<string, unknown>>> {
    this.child.stdin.write(`${JSON.stringify(question)}\n`);
    const line = await this.lines.next();
    if (line.done === true) throw new Error(await this.complaints);
    return JSON.parse(line.value) as Record<string, unknown>;
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.stdin.end();
    await ended;
  }
}
