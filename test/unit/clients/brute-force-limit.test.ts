import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { BruteForceLimit } from '../../../src/clients/brute-force-limit.js';
import { MemoryWindowCounter } from '../../../src/rate-limit/memory-window-counter.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';

const HERE = '192.0.2.1';
const ELSEWHERE = '2001:db8::1';
const MOST = 3;
const WINDOW = 60_000;

let clock: MovedClock;
let counter: MemoryWindowCounter;
let limit: BruteForceLimit;

beforeEach(() => {
  clock = new MovedClock();
  counter = new MemoryWindowCounter(WINDOW, clock);
  limit = new BruteForceLimit(MOST, counter, clock);
});

async function fail(times: number, clientId = 'worker', address = HERE): Promise<number[]> {
  const seconds: number[] = [];
  for (let i = 0; i < times; i++) seconds.push(await limit.failed(address, clientId));
  return seconds;
}

describe('BruteForceLimit, for an IP address with a client ID,', () => {
  it('allows the maximum of failures, then blocks for a minute from the first', async () => {
    expect(await fail(MOST)).toEqual([0, 0, 0]);
    expect(limit.blockedSeconds(HERE, 'worker')).toBe(60);
    expect(await fail(1)).toEqual([60]);
  });

  it('does not block below the maximum of failures', async () => {
    await fail(MOST - 1);
    expect(limit.blockedSeconds(HERE, 'worker')).toBe(0);
  });

  it.each([
    ['the same client from another IP address', ELSEWHERE, 'worker'],
    ['another client from the same IP address', HERE, 'other'],
    ['a client whose ID begins with the same characters', HERE, 'worker2'],
    ['a client whose ID differs by case', HERE, 'Worker'],
  ])('does not block %s', async (_name, address, clientId) => {
    await fail(MOST + 1);
    expect(limit.blockedSeconds(address, clientId)).toBe(0);
  });

  it('counts the remaining time down in whole seconds, rounded up, to 0', async () => {
    await fail(MOST);
    const seconds: number[] = [];
    for (const time of [0.1, 1, 30, 59, 59.999, 60]) {
      clock.set(NEW_YEAR + time);
      seconds.push(limit.blockedSeconds(HERE, 'worker'));
    }
    expect(seconds).toEqual([60, 59, 30, 1, 1, 0]);
  });

  it('begins a new window after a minute', async () => {
    await fail(MOST + 5);
    clock.advance(60);
    expect(await fail(MOST)).toEqual([0, 0, 0]);
    expect(limit.blockedSeconds(HERE, 'worker')).toBe(60);
  });

  it('does not extend a window on later failures', async () => {
    await fail(MOST);
    clock.advance(50);
    expect(await fail(1)).toEqual([10]);
  });
});

describe('BruteForceLimit, for an IP address,', () => {
  const tryIds = async (count: number): Promise<number> => {
    let last = 0;
    for (let i = 0; i < count; i++) last = await limit.failed(HERE, `id-${i}`);
    return last;
  };

  it('allows ten times the maximum over all IDs, then limits failures without blocking an ID', async () => {
    expect(await tryIds(10 * MOST)).toBe(0);
    expect(limit.blockedSeconds(HERE, 'an-id-that-was-never-tried')).toBe(0);
    expect(await limit.failed(HERE, 'another')).toBe(60);
  });

  it('still limits the failures for one client ID', async () => {
    await tryIds(10 * MOST);
    await fail(MOST);
    expect(limit.blockedSeconds(HERE, 'worker')).toBe(60);
  });

  it('limits no failure below ten times the maximum, and none from another IP address', async () => {
    await tryIds(10 * MOST - 1);
    expect(await limit.failed(HERE, 'worker')).toBe(0);
    await tryIds(10 * MOST + 1);
    expect(await limit.failed(ELSEWHERE, 'worker')).toBe(0);
  });

  it('allows any number of signature checks before its limit, then as many as failures', async () => {
    const check = (count: number, address = HERE): number[] =>
      Array.from({ length: count }, () => limit.countSignatureCheck(address)).filter(
        (seconds) => seconds > 0,
      );
    expect(check(100 * MOST)).toEqual([]);
    await tryIds(10 * MOST);
    clock.advance(20);
    expect(check(10 * MOST)).toEqual([]);
    expect(check(2)).toEqual([60, 60]);
    expect(check(1, ELSEWHERE)).toEqual([]);
    clock.advance(40);
    expect(check(100 * MOST)).toEqual([]);
  });

  it('counts requests without a client ID', async () => {
    await fail(MOST, '');
    expect(limit.blockedSeconds(HERE, '')).toBe(60);
    expect(limit.blockedSeconds(HERE, 'worker')).toBe(0);
  });
});

describe('BruteForceLimit', () => {
  it('counts nothing and blocks no one if the maximum is 0', async () => {
    const add = jest.spyOn(counter, 'add');
    const none = new BruteForceLimit(0, counter, clock);
    for (let i = 0; i < 100; i++) expect(await none.failed(HERE, 'worker')).toBe(0);
    expect(none.blockedSeconds(HERE, 'worker')).toBe(0);
    expect(none.countSignatureCheck(HERE)).toBe(0);
    expect(add).not.toHaveBeenCalled();
  });

  it('keeps the keys of long IDs short and still distinguishes them', async () => {
    const add = jest.spyOn(counter, 'add');
    const [long, other] = ['x'.repeat(60_000), `${'x'.repeat(60_000)}y`];
    await fail(MOST, long);
    expect(limit.blockedSeconds(HERE, long)).toBe(60);
    expect(limit.blockedSeconds(HERE, other)).toBe(0);
    for (const [key] of add.mock.calls) expect(key.length).toBeLessThan(200);
  });

  it('agrees with a simple model for any sequence of failures', async () => {
    const failure = fc.record({
      address: fc.constantFrom(HERE, ELSEWHERE),
      clientId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      pause: fc.constantFrom(0, 0, 0, 0, 1, 20_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(failure, { maxLength: 60 }), async (failures) => {
        const time = new MovedClock();
        const tested = new BruteForceLimit(1, new MemoryWindowCounter(WINDOW, time), time);
        const windows = new Map<string, { begin: number; count: number }>();
        const count = (key: string): void => {
          const window = windows.get(key);
          if (window && time.now() < window.begin + WINDOW) window.count++;
          else windows.set(key, { begin: time.now(), count: 1 });
        };
        const left = (key: string, most: number): number => {
          const { begin, count: counted } = windows.get(key) ?? { begin: 0, count: 0 };
          const until = begin + WINDOW - time.now();
          return counted >= most && until > 0 ? Math.ceil(until / 1000) : 0;
        };
        for (const { address, clientId, pause } of failures) {
          time.advance(pause / 1000);
          const byPair = left(`${address}/${clientId}`, 1);
          expect(tested.blockedSeconds(address, clientId)).toBe(byPair);
          // A failure while the pair is blocked exceeds the limit too.
          expect(await tested.failed(address, clientId)).toBe(Math.max(byPair, left(address, 10)));
          count(`${address}/${clientId}`);
          count(address);
        }
      }),
    );
  });
});
