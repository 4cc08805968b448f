import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type KeyEvent, KeyHistory } from './key-history.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** KEY_RUNS=2000 searches further, for minutes; KEY_SEED repeats a failed run. */
const RUNS = Number(process.env['KEY_RUNS'] ?? 20);
const SEED = process.env['KEY_SEED'];

const instance = fc.integer({ min: 0, max: 2 });
const period = fc.constantFrom(null, DAY, 3 * DAY);
const lifetimeSeconds = fc.constantFrom(60, 900, 3_600, 85_800);
const duration = fc.oneof(
  fc.constantFrom(SECOND, 59 * SECOND, 65 * SECOND, 10 * MINUTE, 61 * MINUTE, DAY - HOUR, DAY),
  fc.integer({ min: 1, max: 2 * DAY }),
);

const setBack = fc.integer({ min: -60 * SECOND, max: 0 });
const nearby = fc.oneof(
  fc.constantFrom(0, -1, 1, -SECOND, SECOND, -MINUTE, -61 * MINUTE),
  fc.integer({ min: -90 * MINUTE, max: 90 * MINUTE }),
);

const event: fc.Arbitrary<KeyEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ is: fc.constant('run'), milliseconds: duration }) },
  {
    weight: 3,
    arbitrary: fc.record({ is: fc.constant('rotate'), by: instance, revoke: fc.constant(false) }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('rotate'), by: instance, revoke: fc.constant(true) }) },
  {
    weight: 3,
    arbitrary: fc.record({ is: fc.constant('restart'), which: instance, period, lifetimeSeconds }),
  },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('cut'), which: instance }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('repair'), which: instance }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('step'), milliseconds: setBack }) },
  {
    weight: 1,
    arbitrary: fc.record({ is: fc.constant('step'), milliseconds: fc.integer({ min: 0, max: 900 * DAY }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant('stepPast'),
      nth: fc.integer({ min: 1, max: 4 }),
      milliseconds: nearby,
    }),
  },
);

describe('managed keys after any sequence of events', () => {
  it(
    'verify every token until it expires, and are published before they sign',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(event, { maxLength: 16, size: 'max' }),
          fc.record({ period, lifetimeSeconds, toleranceSeconds: fc.constantFrom(0, 60) }),
          fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -2_500, max: 2_500 }))),
          async (events, settings, apart) => {
            const history = await KeyHistory.begin({ algorithm: 'EdDSA', ...settings }, apart);
            for (const each of events) await history.happens(each);
            expect(history.issued).toBeGreaterThan(0);
          },
        ),
        { numRuns: RUNS, ...(SEED !== undefined && { seed: Number(SEED) }) },
      );
    },
    RUNS * 5_000,
  );
});
