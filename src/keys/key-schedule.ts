import { MAX_TOLERANCE_SECONDS } from '../jwt/lifetime.js';

/** When a key changes its state; all times in milliseconds since 1970. */
export interface KeySchedule {
  readonly publishedAt: number;
  /** null: reserved for the next rotation. */
  readonly signsFrom: number | null;
  /** null: until the next rotation. */
  readonly signsUntil: number | null;
  /** The longest lifetime, in seconds, that a token could have while the key signed. */
  readonly longestLifetimeSeconds: number;
  /** When it was revoked because it leaked. */
  readonly revokedAt: number | null;
}

/** What a key does at a time, as the administration API names it. */
export type KeyState = 'published' | 'signing' | 'retiring' | 'retired';

/** Until when tokens that the key signed can be valid; Infinity if it has not been replaced. */
export function verifiesUntil({ signsUntil, longestLifetimeSeconds }: KeySchedule): number {
  return signsUntil === null
    ? Infinity
    : signsUntil + (longestLifetimeSeconds + MAX_TOLERANCE_SECONDS) * 1000;
}

export function keyState(key: KeySchedule, now: number): KeyState {
  if (key.revokedAt !== null || verifiesUntil(key) <= now) return 'retired';
  if (key.signsFrom === null || key.signsFrom > now) return 'published';
  return key.signsUntil === null || key.signsUntil > now ? 'signing' : 'retiring';
}

/** The next time after `now` at which some key changes its state; Infinity if none does. */
export function nextChange(keys: readonly KeySchedule[], now: number): number {
  const times = keys.flatMap((key) => [key.signsFrom, key.signsUntil, verifiesUntil(key)]);
  return Math.min(Infinity, ...times.filter((time): time is number => time !== null && time > now));
}
