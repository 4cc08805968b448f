import { JwtService } from '@nestjs/jwt';
import { Clock } from '../../src/clock.js';
import type { Algorithm } from '../../src/jwt/algorithms.js';
import { KeyEncryption } from '../../src/keys/key-encryption.js';
import { KeyRing } from '../../src/keys/key-ring.js';
import type { RotationPolicy } from '../../src/keys/key-rotation.js';
import type { StoredKey } from '../../src/keys/key-store.js';
import { ManagedKeys, type ManagedKeysOptions } from '../../src/keys/managed-keys.js';
import { MemoryRecordStore } from './memory-record-store.js';
import {
  type RecordChange,
  type RecordDecision,
  RecordStore,
  StoreUnavailable,
} from '../../src/sync/record-store.js';
import { TokenService } from '../../src/token/token.service.js';
import type { MovedClock } from './moved-clock.js';

export const ENCRYPTION_KEY = 'a-key-encryption-key-of-the-tests-0123456789';

/** The keys of all instances, as a database would keep them. */
export class SharedKeys extends MemoryRecordStore<readonly StoredKey[]> {
  /** The current keys for one purpose. */
  async kept(purpose: string): Promise<readonly StoredKey[]> {
    const changes = await this.changesSince(0, 100);
    return changes.find(({ id }) => id === purpose)?.value ?? [];
  }
}

/** The connection of one instance to the keys of all, which can be cut. */
export class Connection extends RecordStore<readonly StoredKey[]> {
  cut = false;

  constructor(private readonly shared: RecordStore<readonly StoredKey[]>) {
    super();
  }

  override changesSince(
    revision: number,
    limit: number,
  ): Promise<readonly RecordChange<readonly StoredKey[]>[]> {
    return this.cut ? Promise.reject(new StoreUnavailable('cut')) : this.shared.changesSince(revision, limit);
  }

  override change(
    id: string,
    decide: RecordDecision<readonly StoredKey[]>,
  ): Promise<RecordChange<readonly StoredKey[]>> {
    return this.cut ? Promise.reject(new StoreUnavailable('cut')) : this.shared.change(id, decide);
  }
}

/** A clock that differs from another by a constant. */
class ApartClock extends Clock {
  constructor(
    private readonly other: Clock,
    private readonly milliseconds: number,
  ) {
    super();
  }

  override now(): number {
    return this.other.now() + this.milliseconds;
  }
}

/** Managed keys over a store, with defaults for the options that a test does not set. */
export function storedKeys(
  store: RecordStore<readonly StoredKey[]>,
  clock: Clock,
  changes: Partial<ManagedKeysOptions> = {},
): ManagedKeys {
  return new ManagedKeys(store, {
    encryption: new KeyEncryption(ENCRYPTION_KEY, []),
    clock,
    policy: { period: 90 * 86_400_000, lifetimeSeconds: 900 },
    algorithms: [],
    ...changes,
  });
}

/** The settings of an instance of the fleet. */
export interface InstanceSettings extends RotationPolicy {
  readonly algorithm: Algorithm;
  readonly toleranceSeconds: number;
}

/** One instance of the service, reduced to what concerns keys, without HTTP. */
export class Instance {
  readonly clock: Clock;
  readonly connection: Connection;
  /** When the database last responded, by its own clock. */
  syncedAt = -Infinity;
  settings: InstanceSettings;
  private parts!: { stored: ManagedKeys; ring: KeyRing; tokens: TokenService };

  /** @param apart how far its clock is from the true one, in milliseconds */
  constructor(shared: SharedKeys, trueClock: MovedClock, apart: number, settings: InstanceSettings) {
    this.clock = new ApartClock(trueClock, apart);
    this.connection = new Connection(shared);
    this.settings = settings;
  }

  /** Restarts with only what is in the database. */
  async start(changes: Partial<InstanceSettings> = {}): Promise<void> {
    this.settings = { ...this.settings, ...changes };
    const { algorithm, toleranceSeconds, ...policy } = this.settings;
    const stored = storedKeys(this.connection, this.clock, { policy, algorithms: [algorithm] });
    const options = {
      issuer: 'identity-backend',
      algorithms: [algorithm],
      previousSecrets: [],
      lifetimeSeconds: policy.lifetimeSeconds,
      clockToleranceSeconds: toleranceSeconds,
      showFingerprints: false,
      clock: this.clock,
    };
    const ring = new KeyRing(options, stored);
    this.parts = { stored, ring, tokens: new TokenService(options, ring, new JwtService()) };
    await this.sync();
  }

  /** Synchronizes as the service does every second, unless the connection is cut. */
  async sync(): Promise<void> {
    if (this.connection.cut) return;
    const begun = this.clock.now();
    await this.parts.stored.sync();
    this.syncedAt = begun;
  }

  rotate(revoke: boolean): Promise<boolean> {
    return this.parts.stored.rotate(undefined, revoke);
  }

  /** The IDs of the keys that it publishes. */
  get published(): readonly string[] {
    return this.parts.ring.publicKeys.map(({ kid }) => kid);
  }

  /** @returns a token; `undefined` if there is no key to sign it */
  async issue(): Promise<string | undefined> {
    const outcome = await this.parts.tokens.issue({ subject: 'user-42', audience: 'logging-service' });
    return outcome.code === 'issued' ? outcome.token : undefined;
  }

  /** @returns `valid`, or the code of the refusal */
  verify(token: string): string {
    return this.parts.tokens.verify({ token, audience: 'logging-service' }).code;
  }
}
