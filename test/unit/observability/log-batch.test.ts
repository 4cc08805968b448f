import { setImmediate as tick } from 'node:timers/promises';
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
  it('writes the lines of a tick in one piece, in order', async () => {
    const output = new Output();
    const lines = new LogBatch(output);
    lines.write('a\n');
    lines.write('b\n');
    expect(output.pieces).toEqual([]);
    await tick();
    lines.write('c\n');
    await tick();
    await tick();
    expect(output.pieces).toEqual(['a\nb\n', 'c\n']);
  });

  it('writes the pending lines before it flushes the output', async () => {
    const output = new Output();
    const lines = new LogBatch(output);
    lines.write('last\n');
    await new Promise<void>((resolve) => lines.flush(() => resolve()));
    expect(output.pieces).toEqual(['last\n']);
    expect(output.flushed).toBe(1);
    await tick();
    expect(output.pieces).toEqual(['last\n']);
  });

  it('writes the pending lines once, and at once, when they are handed over at exit', () => {
    const output = new Output();
    const lines = new LogBatch(output);
    lines.write('last\n');
    lines.handOver();
    lines.handOver();
    expect(output.pieces).toEqual(['last\n']);
  });
});
