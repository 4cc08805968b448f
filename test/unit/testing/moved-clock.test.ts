import { describe, expect, it } from '@jest/globals';
import { Clock, MovedClock } from '../../../src/testing/index.js';

describe('MovedClock', () => {
  it('is a Clock that moves only when it is advanced or set', () => {
    const clock = new MovedClock(1000);
    expect(clock).toBeInstanceOf(Clock);
    expect([clock.now(), clock.now()]).toEqual([1_000_000, 1_000_000]);
    clock.advance(1.5);
    expect(clock.now()).toBe(1_001_500);
    clock.advance(-1);
    expect(clock.now()).toBe(1_000_500);
    clock.set(5);
    expect(clock.now()).toBe(5000);
  });

  it('starts at 2026-01-01T00:00:00Z by default', () => {
    expect(new Date(new MovedClock().now()).toISOString()).toBe('2026-01-01T00:00:00.000Z');
  });
});
