import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryWindowCounter } from '../../../src/rate-limit/memory-window-counter.js';
import { MovedClock } from '../../support/moved-clock.js';

const WINDOW = 60_000;
const CERTAIN = 50_000;

function counterAt(): { counter: MemoryWindowCounter; clock: MovedClock } {
  const clock = new MovedClock();
  return { counter: new MemoryWindowCounter(WINDOW, clock), clock };
}

describe('MemoryWindowCounter', () => {
  it('counts each key separately', () => {
    const { counter } = counterAt();
    const counts = ['a', 'b', 'a', 'a', 'b', 'toString', '__proto__'].map((key) => counter.add(key).count);
    expect(counts).toEqual([1, 1, 2, 3, 2, 1, 1]);
  });

  it('starts a window with the first event, and never extends it', () => {
    const { counter, clock } = counterAt();
    const { until } = counter.add('a');
    expect(until).toBe(clock.now() + WINDOW);
    clock.advance(59.999);
    expect(counter.add('a')).toEqual({ count: 2, until });
    clock.advance(0.001);
    expect(counter.known('a')).toBeUndefined();
    expect(counter.add('a')).toEqual({ count: 1, until: until + WINDOW });
  });

  it('returns a known count without counting', () => {
    const { counter } = counterAt();
    expect(counter.known('a')).toBeUndefined();
    counter.add('a');
    expect([counter.known('a')?.count, counter.known('a')?.count]).toEqual([1, 1]);
  });

  it('continues from the count of another instance', () => {
    const { counter, clock } = counterAt();
    counter.remember('a', { count: 7, until: clock.now() + 5_000 });
    expect(counter.add('a')).toEqual({ count: 8, until: clock.now() + 5_000 });
    clock.advance(5);
    expect(counter.add('a').count).toBe(1);
  });

  it('remembers the 50,000 keys that were seen last', () => {
    const { counter } = counterAt();
    counter.add('early and again');
    for (let index = 1; index < CERTAIN; index++) counter.add(`key-${index}`);
    counter.add('early and again');
    for (let index = 1; index < CERTAIN; index++) counter.add(`later-${index}`);
    const kept = ['early and again', 'later-1', `later-${CERTAIN - 1}`];
    expect(kept.map((key) => counter.known(key)?.count)).toEqual([2, 1, 1]);
    expect(counter.known('key-1')).toBeUndefined();
  });

  it('holds at least 50,000 and at most 100,000 keys', () => {
    const { counter } = counterAt();
    for (let index = 0; index < 6 * CERTAIN; index++) counter.add(`key-${index}`);
    const held = Array.from({ length: 6 * CERTAIN }, (_, index) => counter.known(`key-${index}`)).filter(
      (count) => count !== undefined,
    );
    expect(held.length).toBeGreaterThanOrEqual(CERTAIN);
    expect(held.length).toBeLessThanOrEqual(2 * CERTAIN);
  });

  it('holds no key after it is closed', () => {
    const { counter } = counterAt();
    counter.add('a');
    counter.close();
    expect(counter.known('a')).toBeUndefined();
  });

  it('counts the same as a list of the events of each window', () => {
    const event = fc.record({ key: fc.constantFrom('a', 'b'), pause: fc.nat({ max: 40_000 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const { counter, clock } = counterAt();
        const windows = new Map<string, { begun: number; count: number }>();
        for (const { key, pause } of events) {
          clock.advance(pause / 1000);
          const now = clock.now();
          const current = windows.get(key);
          const window =
            current && now < current.begun + WINDOW
              ? { ...current, count: current.count + 1 }
              : { begun: now, count: 1 };
          windows.set(key, window);
          expect(counter.add(key)).toEqual({ count: window.count, until: window.begun + WINDOW });
        }
      }),
    );
  });
});
