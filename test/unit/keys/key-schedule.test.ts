import { describe, expect, it } from '@jest/globals';
import { type KeySchedule, keyState, nextChange, verifiesUntil } from '../../../src/keys/key-schedule.js';

/** Signs from second 1000 to 2000, tokens of at most 300 seconds. */
const KEY: KeySchedule = {
  publishedAt: 0,
  signsFrom: 1_000_000,
  signsUntil: 2_000_000,
  longestLifetimeSeconds: 300,
  revokedAt: null,
};
const STANDBY: KeySchedule = { ...KEY, signsFrom: null, signsUntil: null };
const BY_HAND: KeySchedule = { ...KEY, signsUntil: null };
const REVOKED: KeySchedule = { ...KEY, signsUntil: 1_500_000, revokedAt: 1_500_000 };

describe('keyState', () => {
  it.each([
    ['published for a new key', KEY, 0, 'published'],
    ['published until just before signsFrom', KEY, 999_999, 'published'],
    ['signing from signsFrom', KEY, 1_000_000, 'signing'],
    ['signing until just before signsUntil', KEY, 1_999_999, 'signing'],
    ['retiring from signsUntil', KEY, 2_000_000, 'retiring'],
    ['retiring while its last token can be accepted with the greatest tolerance', KEY, 2_359_999, 'retiring'],
    ['retired when its last token is no longer accepted', KEY, 2_360_000, 'retired'],
    ['published at any time for a reserved key', STANDBY, 9e15, 'published'],
    ['signing at any time for a key that is only replaced by hand', BY_HAND, 9e15, 'signing'],
    ['retired at once for a revoked key', REVOKED, 1_500_000, 'retired'],
    ['retired for a revoked key even if the clock is set back', REVOKED, 1_400_000, 'retired'],
  ])('is %s', (_name, key, now, state) => {
    expect(keyState(key, now)).toBe(state);
  });
});

describe('verifiesUntil', () => {
  it('is signsUntil plus the longest lifetime and the greatest tolerance', () => {
    expect(verifiesUntil(KEY)).toBe(2_000_000 + (300 + 60) * 1000);
  });

  it.each([
    ['is reserved', STANDBY],
    ['is only replaced by hand', BY_HAND],
  ])('is Infinity for a key that %s', (_name, key) => {
    expect(verifiesUntil(key)).toBe(Infinity);
  });
});

describe('nextChange', () => {
  it.each([
    ['signsFrom before it', 0, 1_000_000],
    ['signsUntil at signsFrom', 1_000_000, 2_000_000],
    ['the retirement at signsUntil', 2_000_000, 2_360_000],
    ['Infinity after the retirement', 2_360_000, Infinity],
  ])('is %s', (_name, now, expected) => {
    expect(nextChange([KEY, STANDBY], now)).toBe(expected);
  });

  it('is the earliest change of all keys, and Infinity without keys', () => {
    expect(nextChange([KEY, { ...KEY, signsFrom: 700_000 }], 0)).toBe(700_000);
    expect(nextChange([], 0)).toBe(Infinity);
  });
});
