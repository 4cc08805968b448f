import { describe, expect, it } from '@jest/globals';
import { andThen } from '../../../src/concurrency/maybe-promise.js';

const doubled = (value: number): number => value * 2;

describe('andThen', () => {
  it('calls next synchronously with a plain value', () => {
    expect(andThen(2, doubled)).toBe(4);
  });

  it('calls next once a promise resolves', async () => {
    await expect(andThen(Promise.resolve(2), doubled)).resolves.toBe(4);
  });

  it('does not call next if the promise rejects', async () => {
    await expect(andThen(Promise.reject<number>(new Error('refused')), doubled)).rejects.toThrow('refused');
  });

  it('throws the error of next, or rejects with it', async () => {
    const fail = (): never => {
      throw new Error('next');
    };
    expect(() => andThen(1, fail)).toThrow('next');
    await expect(andThen(Promise.resolve(1), fail)).rejects.toThrow('next');
  });
});
