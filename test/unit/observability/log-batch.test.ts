import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { LogBatch } from '../../../src/observability/log-batch.js';

class Output {
  readonly pieces: string[] = [];
  flushed = 0;

  write(lines: string): void {
    this.pieces.push(lines);
  }

  flush(done?: () => void): void {
    this.flushed++;
    done?.();
  }
}

describe('LogBatch', () => {
  it('passes on the lines of a tick as one piece, in their order', async () => {
    const output = new Output();
    const lines = new LogBatch(output);
    lines.write('a\n');
    lines.write('b\n');
    expect(output.pieces).toEqual([]);
    await turn();
    lines.write('c\n');
    await turn();
    await turn();
    expect(output.pieces).toEqual(['a\nb\n', 'c\n']);
  });

  it('hands over what there is before the output is flushed', async () => {
    const output = new Output();
    const lines = new LogBatch(output);
    lines.write('last\n');
    await new Promise<void>((resolve) => lines.flush(() => resolve()));
    expect(output.pieces).toEqual(['last\n']);
    expect(output.flushed).toBe(1);
    await turn();
    expect(output.pieces).toEqual(['last\n']);
  });

  it('passes them on immediately if the process exits within the tick', () => {
    const output = new Output();
    const lines = new LogBatch(output);
    lines.write('last\n');
    lines.handOver();
    lines.handOver();
    expect(output.pieces).toEqual(['last\n']);
  });
});
