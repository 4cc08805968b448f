import type { DestinationStream } from 'pino';

/** The output of {@link LogBatch}, such as a pino destination. */
export interface LineOutput {
  write(lines: string): unknown;
  flush(done?: (error?: Error) => void): void;
}

/**
 * Writes the lines of one tick together, at its end: a pino destination measures its whole buffer for each
 * write.
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

  /** Writes the buffered lines now; also called if the process exits within a tick. */
  handOver(): void {
    if (this.lines === '') return;
    const { lines } = this;
    this.lines = '';
    this.output.write(lines);
  }
}
