import type { DestinationStream } from 'pino';

/** The output of {@link LogBatch}, such as a destination of pino. */
export interface LineOutput {
  write(lines: string): unknown;
  flush(done?: (error?: Error) => void): void;
}

/**
 * Passes the lines of one tick on together, at its end: pino's destination measures its whole buffer for each
 * piece.
 */
export class LogBatch implements DestinationStream {
  private lines = '';

  constructor(private readonly output: LineOutput) {}

  write(line: string): void {
    if (this.lines === '') setImmediate(() => this.handOver());
    this.lines += line;
  }

  /** @param done called once all lines are written */
  flush(done?: (error?: Error) => void): void {
    this.handOver();
    this.output.flush(done);
  }

  /** Passes on what is buffered; called if the process exits within a tick. */
  handOver(): void {
    if (this.lines === '') return;
    const { lines } = this;
    this.lines = '';
    this.output.write(lines);
  }
}
