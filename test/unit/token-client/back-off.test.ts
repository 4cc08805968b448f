import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BackOff } from '../../../src/token-client/back-off.js';
import { TokenUnavailableError } from '../../../src/token-client/token-unavailable-error.js';
import { MovedClock } from '../../support/moved-clock.js';

const failure = (retryAfterSeconds?: number): TokenUnavailableError =>
  new TokenUnavailableError({
    code: 'issuer_unreachable',
    reason: 'unavailable',
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });

let clock: MovedClock;
beforeEach(() => {
  clock = new MovedClock();
});

/** How long it blocks from now, in seconds, to a tenth. */
function pauseOf(backOff: BackOff): number {
  const begin = clock.now();
  while (backOff.blocking) clock.advance(0.1);
  return (clock.now() - begin) / 1000;
}

describe('BackOff', () => {
  it('does not block before a failure', () => {
    expect(new BackOff(clock, () => 0).blocking).toBeUndefined();
  });

  it.each([
    [0, [0.5, 1, 2, 4, 8, 16, 30, 30]],
    [1, [1, 2, 4, 8, 16, 32, 60, 60]],
  ])('doubles its pause up to a minute, half of it random (%d)', (chance, pauses) => {
    const backOff = new BackOff(clock, () => chance);
    for (const pause of pauses) {
      backOff.failed(failure());
      expect(pauseOf(backOff)).toBeCloseTo(pause, 0);
    }
  });

  it('returns the last failure while it blocks', () => {
    const backOff = new BackOff(clock, () => 1);
    const last = failure();
    backOff.failed(failure());
    backOff.failed(last);
    expect(backOff.blocking).toBe(last);
  });

  it('returns true for the first failure only, and starts over after a success', () => {
    const backOff = new BackOff(clock, () => 1);
    expect([backOff.failed(failure()), backOff.failed(failure())]).toEqual([true, false]);
    backOff.succeeded();
    expect(backOff.blocking).toBeUndefined();
    expect(backOff.failed(failure())).toBe(true);
    expect(pauseOf(backOff)).toBeCloseTo(1, 0);
  });

  it.each([
    [0, 1],
    [45, 45],
    [300, 300],
    [86_400, 300],
  ])('waits for the %d seconds that the issuer requests, but at most five minutes', (wanted, pause) => {
    const backOff = new BackOff(clock, () => 1);
    backOff.failed(failure(wanted));
    expect(pauseOf(backOff)).toBeCloseTo(pause, 0);
  });

  it('never blocks for more than five minutes', () => {
    const steps = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat()), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (failures) => {
        let chance = 0;
        const backOff = new BackOff(clock, () => chance);
        for (const [random, wanted] of failures) {
          chance = random;
          backOff.failed(failure(wanted));
        }
        clock.advance(300);
        expect(backOff.blocking).toBeUndefined();
      }),
    );
  });
});
