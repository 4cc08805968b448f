import { describe, expect, it } from '@jest/globals';
import { maintain, rotate, type RotationPolicy } from '../../../src/keys/key-rotation.js';
import { keyState, type KeySchedule } from '../../../src/keys/key-schedule.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** When these tests begin. */
const T = 1_000 * DAY;
/** How far the start of a key that signs at once is dated back, for instances whose clocks are behind. */
const MAX_LAG_MS = 65 * SECOND;

interface NamedKey extends KeySchedule {
  readonly name: string;
}

const DAILY: RotationPolicy = { period: DAY, lifetimeSeconds: 900 };
const BY_HAND: RotationPolicy = { period: null, lifetimeSeconds: 900 };

/** Names the keys A, B, C … as they are made. */
function maker(names = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'): (schedule: KeySchedule) => NamedKey {
  let count = 0;
  return (schedule) => ({ name: names[count++] ?? '?', ...schedule });
}

const more = (): ((schedule: KeySchedule) => NamedKey) => maker('NOPQRSTUVWXYZ');
const begun = (policy: RotationPolicy, now = T): readonly NamedKey[] => maintain([], now, policy, maker());
const find = (keys: readonly NamedKey[], name: string): NamedKey => {
  const found = keys.find((key) => key.name === name);
  if (!found) throw new Error(`There is no key ${name}`);
  return found;
};
const states = (keys: readonly NamedKey[], now: number): Record<string, string> =>
  Object.fromEntries(keys.map((key) => [key.name, keyState(key, now)]));

describe('maintain', () => {
  it('makes a first key that signs at once, and the next key', () => {
    expect(begun(DAILY)).toEqual([
      {
        name: 'A',
        publishedAt: T,
        signsFrom: T - MAX_LAG_MS,
        signsUntil: T - MAX_LAG_MS + DAY,
        longestLifetimeSeconds: 900,
        revokedAt: null,
      },
      {
        name: 'B',
        publishedAt: T,
        signsFrom: T - MAX_LAG_MS + DAY,
        signsUntil: T - MAX_LAG_MS + 2 * DAY,
        longestLifetimeSeconds: 900,
        revokedAt: null,
      },
    ]);
  });

  it('sets no end for the first key and no start for the next if rotation is manual', () => {
    const times = begun(BY_HAND).map(({ signsFrom, signsUntil }) => ({ signsFrom, signsUntil }));
    expect(times).toEqual([
      { signsFrom: T - MAX_LAG_MS, signsUntil: null },
      { signsFrom: null, signsUntil: null },
    ]);
  });

  it.each([
    ['daily', DAILY, T],
    ['daily, an hour before the switch', DAILY, T + DAY - HOUR - 2 * MINUTE],
    ['by hand, years later', BY_HAND, T + 5_000 * DAY],
  ])('returns the same array if nothing is due: %s', (_name, policy, now) => {
    const keys = begun(policy);
    expect(maintain(keys, now, policy, more())).toBe(keys);
  });

  it('publishes the key after the next one an hour before the next one signs', () => {
    const keys = begun(DAILY);
    const now = T - MAX_LAG_MS + DAY - HOUR;
    const later = maintain(keys, now, DAILY, more());
    expect(states(later, now)).toEqual({ A: 'signing', B: 'published', N: 'published' });
    expect(find(later, 'N')).toMatchObject({ publishedAt: now, signsFrom: find(keys, 'B').signsUntil });
    expect(maintain(later, now, DAILY, more())).toBe(later);
  });

  it('extends the signing key until a late successor has been published for ten minutes', () => {
    const keys = begun(DAILY);
    const end = T - MAX_LAG_MS + 2 * DAY;
    const later = maintain(keys, end - MINUTE, DAILY, more());
    expect(find(later, 'B').signsUntil).toBe(end + 9 * MINUTE);
    expect(find(later, 'N')).toMatchObject({ publishedAt: end - MINUTE, signsFrom: end + 9 * MINUTE });
  });

  it('removes the end of the signing key if rotation is manual when a late successor is published', () => {
    const keys = begun(DAILY);
    const later = maintain(keys, T - MAX_LAG_MS + 2 * DAY - MINUTE, BY_HAND, more());
    expect(find(later, 'B').signsUntil).toBeNull();
    expect(find(later, 'N').signsFrom).toBeNull();
  });

  it('makes a key that signs at once after a pause in which all keys expired', () => {
    const now = T + 400 * DAY;
    const later = maintain(begun(DAILY), now, DAILY, more());
    expect(states(later, now)).toEqual({ A: 'retired', B: 'retired', N: 'signing', O: 'published' });
  });

  it('starts a new key no earlier than the end of the previous one', () => {
    const end = T - MAX_LAG_MS + 2 * DAY;
    const later = maintain(begun(DAILY), end + SECOND, DAILY, more());
    expect(find(later, 'N').signsFrom).toBe(end);
  });

  it('keeps sixteen retired keys, and removes the oldest first', () => {
    let keys = begun(DAILY);
    for (let day = 1; day <= 40; day += 1) keys = maintain(keys, T + day * 3 * DAY, DAILY, more());
    const now = T + 120 * DAY;
    const retired = keys.filter((key) => keyState(key, now) === 'retired');
    expect(retired).toHaveLength(16);
    expect(Math.min(...retired.map(({ publishedAt }) => publishedAt))).toBeGreaterThan(T + 90 * DAY);
    expect(keys).toHaveLength(18);
  });

  describe('if the token lifetime changes', () => {
    const longer = { ...DAILY, lifetimeSeconds: 3_600 };

    it('raises the longest lifetime of every key that may still sign', () => {
      const later = maintain(begun(DAILY), T + HOUR, longer, more());
      expect(later.map(({ longestLifetimeSeconds }) => longestLifetimeSeconds)).toEqual([3_600, 3_600]);
    });

    it('never lowers it, as tokens with the longer lifetime may still be valid', () => {
      const keys = begun(longer);
      expect(maintain(keys, T + HOUR, DAILY, more())).toBe(keys);
    });

    it('does not raise it for a key that no longer signs', () => {
      const now = T + DAY + 5 * MINUTE;
      const later = maintain(maintain(begun(DAILY), now, DAILY, more()), now, longer, more());
      expect(find(later, 'A').longestLifetimeSeconds).toBe(900);
      expect(find(later, 'B').longestLifetimeSeconds).toBe(3_600);
    });
  });

  describe('if the period changes', () => {
    it.each([
      ['from manual to daily', BY_HAND, DAILY, T + HOUR, T - MAX_LAG_MS + DAY],
      ['from manual to daily, years later', BY_HAND, DAILY, T + 900 * DAY, T + 900 * DAY + 2 * HOUR],
      ['from 90 days to one', { ...DAILY, period: 90 * DAY }, DAILY, T + HOUR, T - MAX_LAG_MS + DAY],
      [
        'from 90 days to one, later',
        { ...DAILY, period: 90 * DAY },
        DAILY,
        T + 9 * DAY,
        T + 9 * DAY + 2 * HOUR,
      ],
      ['from one day to 90', DAILY, { ...DAILY, period: 90 * DAY }, T + HOUR, T - MAX_LAG_MS + DAY],
      ['from daily to manual', DAILY, BY_HAND, T + HOUR, null],
      [
        'from daily to manual, shortly before the switch',
        DAILY,
        BY_HAND,
        T + DAY - 30 * MINUTE,
        T - MAX_LAG_MS + DAY,
      ],
    ])('%s: replaces the signing key by the next one when it is due', (_name, before, after, now, end) => {
      const later = maintain(begun(before), now, after, more());
      expect(find(later, 'A').signsUntil).toBe(end);
      expect(find(later, 'B').signsFrom).toBe(end);
      expect(find(later, 'B').signsUntil).toBe(
        after.period === null || end === null ? (end === null ? null : end + DAY) : end + after.period,
      );
      expect(maintain(later, now + SECOND, after, more())).toBe(later);
    });
  });
});

describe('rotate', () => {
  const later = T + 2 * HOUR;

  it.each([
    ['daily', DAILY],
    ['by hand', BY_HAND],
  ])('starts the next key after 65 seconds, when every instance knows it: %s', (_name, policy) => {
    const keys = rotate(begun(policy), later, policy, more(), false);
    const start = later + 65 * SECOND;
    expect(find(keys, 'A').signsUntil).toBe(start);
    expect(find(keys, 'B').signsFrom).toBe(start);
    expect(find(keys, 'B').signsUntil).toBe(policy.period === null ? null : start + DAY);
    expect(states(keys, start)).toEqual({ A: 'retiring', B: 'signing', N: 'published' });
  });

  it('waits until the next key has been published for ten minutes', () => {
    const keys = rotate(begun(DAILY), T + MINUTE, DAILY, more(), false);
    expect(find(keys, 'B').signsFrom).toBe(T + 10 * MINUTE);
  });

  it('does not postpone a rotation that is already scheduled', () => {
    const keys = rotate(begun(DAILY), later, DAILY, more(), false);
    expect(rotate(keys, later + 30 * SECOND, DAILY, more(), false)).toBe(keys);
  });

  it('with revoke, replaces the signing key at once even if a rotation is scheduled', () => {
    const keys = rotate(
      rotate(begun(DAILY), later, DAILY, more(), false),
      later + SECOND,
      DAILY,
      more(),
      true,
    );
    expect(states(keys, later + SECOND)).toMatchObject({ A: 'retired', B: 'signing', N: 'published' });
    expect(find(keys, 'A')).toMatchObject({ revokedAt: later + SECOND, signsUntil: later + SECOND });
  });

  it('with revoke, also revokes earlier keys that still verify', () => {
    const now = later + 2 * MINUTE;
    const keys = rotate(rotate(begun(DAILY), later, DAILY, more(), false), now, DAILY, maker('X'), true);
    expect(states(keys, now)).toEqual({ A: 'retired', B: 'retired', N: 'signing', X: 'published' });
    expect(find(keys, 'A').revokedAt).toBe(now);
  });

  it('with revoke, starts the next key for clocks that are 64 seconds behind as well', () => {
    const keys = rotate(begun(BY_HAND), later, BY_HAND, more(), true);
    expect(states(keys, later - 64 * SECOND)).toEqual({ A: 'retired', B: 'signing', N: 'published' });
  });

  it('with revoke, makes every key that it needs if all have expired', () => {
    const now = T + 400 * DAY;
    const keys = rotate(begun(DAILY), now, DAILY, more(), true);
    expect(states(keys, now)).toMatchObject({ N: 'retired', O: 'signing', P: 'published' });
  });
});
