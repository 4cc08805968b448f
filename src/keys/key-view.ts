import { keyState, nextChange } from './key-schedule.js';
import type { KeyPurpose, StoredKey } from './key-store.js';
import type { PrivateKey } from './private-key.js';

/** The keys by state, from one change of state to the next: computed once, read by every request. */
export class KeyView {
  /**
   * The signing key of each purpose; absent if the key would retire before the tokens of this instance
   * expire.
   */
  readonly signing: ReadonlyMap<KeyPurpose, PrivateKey>;
  /** The published keys, which verify; those that sign come first. */
  readonly live: readonly PrivateKey[];
  readonly byId: ReadonlyMap<string, PrivateKey>;
  /** The keys that sign tokens for the service itself and nothing else. */
  readonly administration: ReadonlySet<unknown>;
  private readonly until: number;

  constructor(
    keys: ReadonlyMap<KeyPurpose, readonly StoredKey[]>,
    opened: ReadonlyMap<string, PrivateKey>,
    private readonly from: number,
    lifetimeSeconds: number,
  ) {
    const signing = new Map<KeyPurpose, PrivateKey>();
    const live: PrivateKey[] = [];
    const administration = new Set<unknown>();
    for (const [purpose, stored] of keys) {
      for (const { jwk, ...schedule } of stored) {
        const key = opened.get(jwk.kid);
        const state = keyState(schedule, from);
        if (!key || state === 'retired') continue;
        if (state === 'signing') {
          if (schedule.longestLifetimeSeconds >= lifetimeSeconds) signing.set(purpose, key);
          live.unshift(key);
        } else live.push(key);
        if (purpose === 'administration') administration.add(key);
      }
    }
    this.signing = signing;
    this.live = live;
    this.byId = new Map(live.map((key) => [key.id, key]));
    this.administration = administration;
    this.until = nextChange([...keys.values()].flat(), from);
  }

  /** Whether the view is still current at this time, in milliseconds since 1970. */
  holdsAt(now: number): boolean {
    return now >= this.from && now < this.until;
  }
}
