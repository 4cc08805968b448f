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
    ['a key that is made just now', KEY, 0, 'published'],
    ['a key just before it signs', KEY, 999_999, 'published'],
    ['a key that begins to sign', KEY, 1_000_000, 'signing'],
    ['a key just before its end', KEY, 1_999_999, 'signing'],
    ['a key at its end', KEY, 2_000_000, 'retiring'],
    ['a key while its last token can be accepted with the greatest tolerance', KEY, 2_359_999, 'retiring'],
    ['a key whose last token is no longer accepted', KEY, 2_360_000, 'retired'],
    ['a reserved key, however long', STANDBY, 9e15, 'published'],
    ['a key that is replaced by hand only, however long', BY_HAND, 9e15, 'signing'],
    ['a key that was revoked, at once', REVOKED, 1_500_000, 'retired'],
    ['a key that was revoked, even if the clock was set back', REVOKED, 1_400_000, 'retired'],
  ])('of %s', (_name, key, now, state) => {
    expect(keyState(key, now)).toBe(state);
  });
});

describe('verifiesUntil', () => {
  it('is the end of the longest token that could be signed at the end, and the greatest tolerance', () => {
    expect(verifiesUntil(KEY)).toBe(2_000_000 + (300 + 60) * 1000);
  });

  it.each([
    ['is reserved', STANDBY],
    ['is replaced by hand only', BY_HAND],
  ])('is never for a key that %s', (_name, key) => {
    expect(verifiesUntil(key)).toBe(Infinity);
  });
});

describe('nextChange', () => {
  it.each([
    ['before everything', 0, 1_000_000],
    ['at a change: the one after it', 1_000_000, 2_000_000],
    ['at the end of signing', 2_000_000, 2_360_000],
    ['after everything', 2_360_000, Infinity],
  ])('is %s', (_name, now, expected) => {
    expect(nextChange([KEY, STANDBY], now)).toBe(expected);
  });

  it('is the earliest of all keys', () => {
    expect(nextChange([KEY, { ...KEY, signsFrom: 700_000 }], 0)).toBe(700_000);
    expect(nextChange([], 0)).toBe(Infinity);
  });
});
