import { describe, expect, it } from '@jest/globals';
import { andThen } from '../../../src/concurrency/maybe-promise.js';

const doubled = (value: number): number => value * 2;

describe('andThen', () => {
  it('goes on at once with what is known', () => {
    expect(andThen(2, doubled)).toBe(4);
  });

  it('goes on with what a promise gives', async () => {
    await expect(andThen(Promise.resolve(2), doubled)).resolves.toBe(4);
  });

  it('does not go on where a promise is refused', async () => {
    await expect(andThen(Promise.reject<number>(new Error('refused')), doubled)).rejects.toThrow('refused');
  });

  it('throws what the next step throws, or rejects with it', async () => {
    const fail = (): never => {
      throw new Error('next');
    };
    expect(() => andThen(1, fail)).toThrow('next');
    await expect(andThen(Promise.resolve(1), fail)).rejects.toThrow('next');
  });
});
