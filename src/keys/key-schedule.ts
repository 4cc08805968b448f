import { MAX_TOLERANCE_SECONDS } from '../jwt/lifetime.js';

/** When a key changes its state. Times are milliseconds since 1970. */
export interface KeySchedule {
  readonly publishedAt: number;
  /** null: the key waits for the next rotation. */
  readonly signsFrom: number | null;
  /** null: the key signs until the next rotation. */
  readonly signsUntil: number | null;
  /** The longest lifetime, in seconds, that a token could have while the key signed. */
  readonly longestLifetimeSeconds: number;
  /** When it was revoked because it leaked. */
  readonly revokedAt: number | null;
}

/** The state of a key at a given time, in the words of the administration API. */
export type KeyState = 'published' | 'signing' | 'retiring' | 'retired';

/** The time until which tokens that the key signed can be valid; Infinity if no end of signing is set. */
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

/** The next time after `now` at which a key changes its state; Infinity if none will. */
export function nextChange(keys: readonly KeySchedule[], now: number): number {
  const times = keys.flatMap((key) => [key.signsFrom, key.signsUntil, verifiesUntil(key)]);
  return Math.min(Infinity, ...times.filter((time): time is number => time !== null && time > now));
}
