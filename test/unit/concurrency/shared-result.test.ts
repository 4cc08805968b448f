import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { SharedResult } from '../../../src/concurrency/shared-result.js';
import { MovedClock } from '../../support/moved-clock.js';

let clock: MovedClock;
let computed: number;
beforeEach(() => {
  clock = new MovedClock();
  computed = 0;
});

const counting = (): SharedResult<number> => new SharedResult(() => Promise.resolve(++computed), clock);

describe('SharedResult', () => {
  it('computes once for concurrent callers', async () => {
    const shared = counting();
    expect(await Promise.all(Array.from({ length: 50 }, () => shared.get()))).toEqual(Array(50).fill(1));
  });

  it.each([
    [0, 1],
    [0.999, 1],
    [1, 2],
    [60, 2],
  ])('computes again after one second, not earlier: after %d s', async (seconds, expected) => {
    const shared = counting();
    await shared.get();
    clock.advance(seconds);
    expect(await shared.get()).toBe(expected);
  });

  it('counts the second from the end of the computation', async () => {
    let finish: (value: string) => void = () => {};
    const shared = new SharedResult(() => {
      computed++;
      return new Promise<string>((resolve) => (finish = resolve));
    }, clock);
    const first = shared.get();
    clock.advance(5);
    const second = shared.get();
    finish('late');
    expect(await Promise.all([first, second])).toEqual(['late', 'late']);
    clock.advance(0.5);
    expect(await shared.get()).toBe('late');
    expect(computed).toBe(1);
  });

  it('shares a failure for one second, then computes again', async () => {
    const shared = new SharedResult(() => Promise.reject(new Error(`failure ${++computed}`)), clock);
    for (let index = 0; index < 3; index++) await expect(shared.get()).rejects.toThrow('failure 1');
    clock.advance(1);
    await expect(shared.get()).rejects.toThrow('failure 2');
  });

  it('keeps a result for at most one second, even if the clock is set back', async () => {
    const shared = counting();
    await shared.get();
    clock.advance(-3_600);
    expect(await shared.get()).toBe(1);
    await delay(1_100);
    expect(await shared.get()).toBe(2);
  });
});
