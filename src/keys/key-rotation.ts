import { type KeySchedule, keyState } from './key-schedule.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** How long verifiers may cache the published key set. */
export const KEY_SET_MAX_AGE_SECONDS = 300;

/** How long a key is published before it signs: verifiers may miss one fetch of the key set. */
export const PUBLISHED_BEFORE_SIGNING_MS = 2 * KEY_SET_MAX_AGE_SECONDS * SECOND_MS;

/** How stale an instance's view of the schedules may be while it signs. */
export const MAX_KNOWLEDGE_AGE_MS = 60 * SECOND_MS;

/** A rotation begins once every instance that still signs knows it. */
const ROTATION_DELAY_MS = MAX_KNOWLEDGE_AGE_MS + 5 * SECOND_MS;

/**
 * How far an instance may lag behind another, or its clock may be set back, and still find a key to sign
 * with.
 */
export const MAX_LAG_MS = 65 * SECOND_MS;

/** The successor of a key is published this long before the key begins to sign. */
const LEAD_MS = 60 * MINUTE_MS;

/** The most retired keys that are kept as a record. */
const MAX_RETIRED = 16;

/** The policy by which keys are scheduled. */
export interface RotationPolicy {
  /** How long a key signs, in milliseconds; null if keys are rotated by hand only. */
  readonly period: number | null;
  /** The longest configured token lifetime, in seconds. */
  readonly lifetimeSeconds: number;
}

/** Makes a key with this schedule from unused key material. */
export type MakeKey<K> = (schedule: KeySchedule) => K;

/**
 * Brings the schedules of the keys of one purpose up to date: one key signs now, the next is published well
 * before, and no key is removed while a token that it signed can be valid. Pure.
 *
 * @param now milliseconds since 1970
 * @param spare makes a new key
 * @returns the keys as they should be; the same array if nothing changes
 */
export function maintain<K extends KeySchedule>(
  keys: readonly K[],
  now: number,
  policy: RotationPolicy,
  spare: MakeKey<K>,
): readonly K[] {
  const raised = raiseLifetimes(keys, now, policy);
  const signing = withSigningKey(followPolicy(raised, now, policy), now, policy, spare);
  const next = withNextKey(signing, now, policy, spare);
  const kept = withoutOldest(next, now);
  return kept.length === keys.length && kept.every((key, index) => hasSameSchedule(key, keys[index]))
    ? keys
    : kept;
}

/**
 * Replaces the signing key by the one that is already published.
 *
 * @param now milliseconds since 1970
 * @param revoke whether to revoke the signing key and its predecessors that still verify, with every token
 *   that they signed; otherwise the key stops signing once every instance and every verifier knows the next
 *   one, and verifies until its last token has expired
 */
export function rotate<K extends KeySchedule>(
  keys: readonly K[],
  now: number,
  policy: RotationPolicy,
  spare: MakeKey<K>,
  revoke: boolean,
): readonly K[] {
  const ready = maintain(keys, now, policy, spare);
  const current = signingKey(ready, now);
  const [next] = upcoming(ready, now);
  if (!current || !next) return ready;
  const previousStops = revoke
    ? now
    : Math.max(now + ROTATION_DELAY_MS, next.publishedAt + PUBLISHED_BEFORE_SIGNING_MS);
  const nextSigns = revoke ? now - MAX_LAG_MS : previousStops;
  // Another rotation does not postpone one that is in progress.
  if (!revoke && next.signsFrom !== null && next.signsFrom <= previousStops) return ready;
  const replaced = ready.map((key) => {
    if (key === next) return { ...key, signsFrom: nextSigns, signsUntil: endOf(nextSigns, policy) };
    const ended = key === current ? { ...key, signsUntil: previousStops } : key;
    return revoke && hasSigned(key, now) ? { ...ended, revokedAt: now } : ended;
  });
  return maintain(inSuccession(replaced, now, policy), now, policy, spare);
}

function signingKey<K extends KeySchedule>(keys: readonly K[], now: number): K | undefined {
  return keys.find((key) => keyState(key, now) === 'signing');
}

/** Whether tokens that the key signed can be valid. */
function hasSigned(key: KeySchedule, now: number): boolean {
  return ['signing', 'retiring'].includes(keyState(key, now));
}

/** The keys that will sign later, in that order. */
function upcoming<K extends KeySchedule>(keys: readonly K[], now: number): K[] {
  return keys
    .filter((key) => keyState(key, now) === 'published')
    .sort((a, b) => (a.signsFrom ?? Infinity) - (b.signsFrom ?? Infinity) || a.publishedAt - b.publishedAt);
}

function endOf(start: number, { period }: RotationPolicy): number | null {
  return period === null ? null : start + period;
}

/** Lets keys that may still sign verify for longer if the configured lifetime was raised. */
function raiseLifetimes<K extends KeySchedule>(
  keys: readonly K[],
  now: number,
  { lifetimeSeconds }: RotationPolicy,
): readonly K[] {
  return keys.map((key) => {
    const maySign = key.revokedAt === null && (key.signsUntil ?? Infinity) > now - MAX_LAG_MS;
    return maySign && key.longestLifetimeSeconds < lifetimeSeconds
      ? { ...key, longestLifetimeSeconds: lifetimeSeconds }
      : key;
  });
}

/**
 * Follows a changed rotation period. A change that is due soon is left as scheduled, because every instance
 * must learn of a new schedule in time.
 */
function followPolicy<K extends KeySchedule>(
  keys: readonly K[],
  now: number,
  policy: RotationPolicy,
): readonly K[] {
  return keys.map((key) => {
    const state = keyState(key, now);
    if (policy.period === null) {
      if (state === 'signing' && !isFollowedSoon(key, keys, now)) return { ...key, signsUntil: null };
      const waits = key.signsFrom === null || key.signsFrom > now + LEAD_MS;
      return state === 'published' && waits ? { ...key, signsFrom: null, signsUntil: null } : key;
    }
    if (state !== 'signing') return key;
    const latest = Math.max((key.signsFrom ?? now) + policy.period, now + 2 * LEAD_MS);
    return key.signsUntil === null || key.signsUntil > latest ? { ...key, signsUntil: latest } : key;
  });
}

function isFollowedSoon({ signsUntil }: KeySchedule, keys: readonly KeySchedule[], now: number): boolean {
  const isSoon = signsUntil !== null && signsUntil <= now + LEAD_MS;
  return isSoon && keys.some(({ signsFrom }) => signsFrom === signsUntil);
}

function withSigningKey<K extends KeySchedule>(
  keys: readonly K[],
  now: number,
  policy: RotationPolicy,
  spare: MakeKey<K>,
): readonly K[] {
  if (signingKey(keys, now)) return keys;
  const [next] = upcoming(keys, now);
  const ends = keys.map(({ revokedAt, signsUntil }) => (revokedAt === null ? (signsUntil ?? 0) : 0));
  const begin = Math.max(now - MAX_LAG_MS, ...ends.filter((end) => end <= now));
  const times = { signsFrom: begin, signsUntil: endOf(begin, policy) };
  if (!next) return [...keys, spare({ ...standby(now, policy), ...times })];
  return keys.map((key) => (key === next ? { ...key, ...times } : key));
}

/**
 * Lets each key begin to sign when its predecessor stops. If verifiers may not know it by then, because the
 * service was down when it should have been published, the predecessor continues until they do.
 */
function inSuccession<K extends KeySchedule>(
  keys: readonly K[],
  now: number,
  { period }: RotationPolicy,
): readonly K[] {
  if (period === null) return keys;
  const changed = new Map<K, K>();
  let previous = signingKey(keys, now);
  for (const key of upcoming(keys, now)) {
    const before = previous && (changed.get(previous) ?? previous);
    if (!previous || !before || before.signsUntil === null) break;
    const start = Math.max(before.signsUntil, key.publishedAt + PUBLISHED_BEFORE_SIGNING_MS);
    changed.set(previous, { ...before, signsUntil: start });
    changed.set(key, { ...key, signsFrom: start, signsUntil: start + period });
    previous = key;
  }
  return keys.map((key) => changed.get(key) ?? key);
}

function withNextKey<K extends KeySchedule>(
  keys: readonly K[],
  now: number,
  policy: RotationPolicy,
  spare: MakeKey<K>,
): readonly K[] {
  const scheduled = inSuccession(keys, now, policy);
  const last = upcoming(scheduled, now).at(-1);
  if (last && (last.signsFrom === null || last.signsFrom > now + LEAD_MS)) return scheduled;
  return inSuccession([...scheduled, spare(standby(now, policy))], now, policy);
}

function standby(now: number, { lifetimeSeconds }: RotationPolicy): KeySchedule {
  return {
    publishedAt: now,
    signsFrom: null,
    signsUntil: null,
    longestLifetimeSeconds: lifetimeSeconds,
    revokedAt: null,
  };
}

function withoutOldest<K extends KeySchedule>(keys: readonly K[], now: number): readonly K[] {
  const retired = keys.filter((key) => keyState(key, now) === 'retired');
  const forgotten = new Set(retired.slice(0, Math.max(0, retired.length - MAX_RETIRED)));
  return keys.filter((key) => !forgotten.has(key));
}

/** Whether two schedules are equal. The other fields of a key never change. */
function hasSameSchedule(key: KeySchedule, other: KeySchedule | undefined): boolean {
  return (
    key.publishedAt === other?.publishedAt &&
    key.signsFrom === other.signsFrom &&
    key.signsUntil === other.signsUntil &&
    key.longestLifetimeSeconds === other.longestLifetimeSeconds &&
    key.revokedAt === other.revokedAt
  );
}
