import { type KeySchedule, keyState } from '../../../src/keys/key-schedule.js';
import type { StoredKey } from '../../../src/keys/key-store.js';

const PUBLISHED_BEFORE = 10 * 60_000;
const MOST_RETIRED = 16;
/** The key that signs, the next one, and the one after it. */
const MOST_AHEAD = 3;

/** Names the broken rule, as a failed property test does not show the line of the assertion. */
export function assert(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`Broken: ${rule}`);
}

/** The rules that the schedules of the keys of one purpose follow at any time. */
export class ScheduleRules {
  private readonly begun = new Set<string>();

  /**
   * @param times the times on the clocks of the instances that know these keys
   * @param mayBeginAtOnce whether a key may begin to sign without notice
   */
  check(keys: readonly StoredKey[], times: readonly number[], mayBeginAtOnce: boolean): void {
    if (times.length === 0) return;
    for (const now of times) checkStates(keys, now);
    this.checkBeginnings(keys, Math.max(...times), mayBeginAtOnce);
    checkOverlaps(keys);
  }

  private checkBeginnings(keys: readonly StoredKey[], now: number, mayBeginAtOnce: boolean): void {
    for (const { signsFrom, publishedAt, jwk } of keys) {
      if (signsFrom === null || signsFrom > now || this.begun.has(jwk.kid)) continue;
      this.begun.add(jwk.kid);
      const isAnnounced = signsFrom - publishedAt >= PUBLISHED_BEFORE;
      assert(mayBeginAtOnce || isAnnounced, 'a key is published 10 minutes before it signs');
    }
  }
}

function checkStates(keys: readonly KeySchedule[], now: number): void {
  const states = keys.map((key) => keyState(key, now));
  assert(states.filter((state) => state === 'signing').length === 1, 'one key signs');
  assert(states.includes('published'), 'the next key is published');
  const retiring = states.filter((state) => state === 'retiring').length;
  assert(keys.length <= MOST_RETIRED + MOST_AHEAD + retiring, 'old keys are removed');
}

function checkOverlaps(keys: readonly KeySchedule[]): void {
  const signed = keys
    .filter(({ signsFrom, revokedAt }) => signsFrom !== null && revokedAt === null)
    .sort((a, b) => Number(a.signsFrom) - Number(b.signsFrom));
  signed.slice(1).forEach(({ signsFrom }, index) => {
    const before = signed[index]?.signsUntil ?? Infinity;
    assert(before <= Number(signsFrom), 'no two keys sign at once');
  });
}
