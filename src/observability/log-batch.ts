import type { DestinationStream } from 'pino';

/** What {@link LogBatch} writes to, such as a destination of pino. */
export interface LineOutput {
  write(lines: string): unknown;
  flush(done?: (error?: Error) => void): void;
}

/**
 * Hands the lines of one turn of the event loop over together, at its end: with each piece that pino's destination is given, it
 * measures anew all that waits.
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

  /** Hands over what there is; to be called where the process ends within a turn. */
  handOver(): void {
    if (this.lines === '') return;
    const { lines } = this;
    this.lines = '';
    this.output.write(lines);
  }
}
