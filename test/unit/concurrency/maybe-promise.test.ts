import { describe, expect, it } from '@jest/globals';
import { whenKnown } from '../../../src/concurrency/maybe-promise.js';

const doubled = (value: number): number => value * 2;

describe('whenKnown', () => {
  it('goes on at once with what is known', () => {
    expect(whenKnown(2, doubled)).toBe(4);
  });

  it('goes on with what a promise gives', async () => {
    await expect(whenKnown(Promise.resolve(2), doubled)).resolves.toBe(4);
  });

  it('does not go on where a promise is refused', async () => {
    await expect(whenKnown(Promise.reject<number>(new Error('refused')), doubled)).rejects.toThrow('refused');
  });

  it('throws what the next step throws, or rejects with it', async () => {
    const fail = (): never => {
      throw new Error('next');
    };
    expect(() => whenKnown(1, fail)).toThrow('next');
    await expect(whenKnown(Promise.resolve(1), fail)).rejects.toThrow('next');
  });
});
