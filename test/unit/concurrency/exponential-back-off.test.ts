import { describe, expect, it } from '@jest/globals';
import { exponentialBackOff } from '../../../src/concurrency/exponential-back-off.js';

describe('exponentialBackOff', () => {
  it.each([
    [1, 10],
    [2, 20],
    [3, 40],
    [5, 160],
    [6, 200],
    [2_000, 200],
  ])('doubles the pause with each failure, up to the longest: %d', (failures, pause) => {
    expect(exponentialBackOff(failures, { first: 10, longest: 200 })).toBe(pause);
  });
});
