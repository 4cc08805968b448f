import type { Algorithm } from '../jwt/algorithms.js';
import type { Clock } from '../clock.js';
import type { ChangeEvent } from '../sync/record-store.js';
import { SyncedMap } from '../sync/synced-map.js';
import type { KeyEncryption } from './key-encryption.js';
import {
  MAX_LAG_MS,
  maintain,
  MAX_KNOWLEDGE_AGE_MS,
  rotate,
  type RotationPolicy,
  type MakeKey,
} from './key-rotation.js';
import type { KeySchedule } from './key-schedule.js';
import { keyState } from './key-schedule.js';
import type { KeyMaterial, KeyPurpose, KeyStore, StoredKey } from './key-store.js';
import { KeyView } from './key-view.js';
import { makeKey, openKey, type PrivateKey } from './private-key.js';

/** The algorithm of the keys that sign tokens for the service itself. */
const ADMINISTRATION_ALGORITHM: Algorithm = 'ES256';

/** Options of {@link ManagedKeys}. */
export interface ManagedKeysOptions {
  readonly encryption: KeyEncryption;
  readonly clock: Clock;
  readonly policy: RotationPolicy;
  /** The asymmetric algorithms for which the service generates keys. */
  readonly algorithms: readonly Algorithm[];
  /**
   * Algorithms for which it generated keys before keys were imported: tokens of these keys stay valid until
   * they expire.
   */
  readonly previousAlgorithms?: readonly Algorithm[];
  /** Notifies other processes of a change, and waits for them. */
  readonly publish?: () => Promise<void>;
}

/** The keys that the service generates, stores encrypted in the database, publishes and rotates. */
export class ManagedKeys {
  private readonly records: SyncedMap<readonly StoredKey[]>;
  private readonly opened = new Map<string, PrivateKey>();
  /** The purposes for which keys are generated. */
  private readonly purposes: Set<KeyPurpose>;
  private current: KeyView | undefined;
  private syncedAt = -Infinity;
  private resealed = false;

  constructor(
    store: KeyStore,
    private readonly options: ManagedKeysOptions,
  ) {
    this.purposes = new Set(options.algorithms);
    this.records = new SyncedMap(store, (_purpose, keys) => this.open(keys ?? []), options.publish);
  }

  /**
   * Reads the keys from the database, re-encrypts (the first time) those that a previous key encryption key
   * encrypted, and generates those that are due.
   *
   * @throws {StoreUnavailable}
   * @throws {KeyEncryptionError} if a key does not decrypt; the stored keys stay unchanged
   */
  async sync(): Promise<void> {
    const begun = this.options.clock.now();
    await this.records.sync();
    // Not at the end: an earlier sync may end after a later one, and would make the schedules seem too old.
    this.syncedAt = begun;
    if (!this.resealed) await this.reseal();
    for (const purpose of this.purposes) await this.maintain(purpose);
  }

  /**
   * Generates the keys of tokens for the service itself, unless they exist.
   *
   * @throws {StoreUnavailable}
   */
  async ensureAdministration(): Promise<void> {
    this.purposes.add('administration');
    // The keys may have come from another instance before this process knew that it needed them.
    if (this.current && !this.current.administration.size) this.current = undefined;
    await this.maintain('administration');
  }

  /**
   * Replaces the keys that sign.
   *
   * @param algorithm the algorithm of the keys to replace; `undefined` replaces all
   * @param revoke whether to revoke them and their predecessors that still verify, with every token that they
   *   signed
   * @param done called for each purpose whose keys were replaced, before the next one starts
   * @param eventOf makes the audit event that is written with the change of a purpose
   * @returns whether there are such keys
   * @throws {StoreUnavailable}
   */
  async rotate(
    algorithm: Algorithm | undefined,
    revoke: boolean,
    done: (purpose: KeyPurpose) => void = () => {},
    eventOf: (purpose: KeyPurpose) => ChangeEvent | undefined = () => undefined,
  ): Promise<boolean> {
    const replaced = revoke ? this.purposesWithKeys : [...this.purposes];
    const chosen = replaced.filter(
      (purpose) => algorithm === undefined || algorithmOf(purpose) === algorithm,
    );
    for (const purpose of chosen) {
      const decide: Decision = (keys, now, spare) => rotate(keys, now, this.options.policy, spare, revoke);
      await this.change(purpose, decide, eventOf(purpose));
      done(purpose);
    }
    return chosen.length > 0;
  }

  /** The current states of the keys. */
  get view(): KeyView {
    const now = this.options.clock.now();
    if (!this.current?.holdsAt(now)) {
      const { lifetimeSeconds } = this.options.policy;
      this.current = new KeyView(this.schedules, this.opened, now, lifetimeSeconds);
    }
    return this.current;
  }

  /** The key that signs now; `undefined` if there is none, or the known schedules are too old to rely on. */
  signing(purpose: KeyPurpose): PrivateKey | undefined {
    const isFresh = this.options.clock.now() - this.syncedAt <= MAX_KNOWLEDGE_AGE_MS;
    return isFresh ? this.view.signing.get(purpose) : undefined;
  }

  /** Every key with its schedule, by purpose. */
  get schedules(): ReadonlyMap<KeyPurpose, readonly StoredKey[]> {
    return new Map(this.purposesWithKeys.map((purpose) => [purpose, this.keysFor(purpose)]));
  }

  private get purposesWithKeys(): KeyPurpose[] {
    const previous = this.options.previousAlgorithms ?? [];
    return [...this.purposes, ...previous.filter((algorithm) => this.records.get(algorithm))];
  }

  /** How long each signing key has signed, in seconds. */
  get signingAges(): ReadonlyMap<KeyPurpose, number> {
    const now = this.options.clock.now();
    const ages = new Map<KeyPurpose, number>();
    for (const [purpose, keys] of this.schedules) {
      const signing = keys.find((key) => keyState(key, now) === 'signing');
      if (signing) ages.set(purpose, (now - (signing.signsFrom ?? now)) / 1000);
    }
    return ages;
  }

  private keysFor(purpose: KeyPurpose): readonly StoredKey[] {
    return this.records.get(purpose) ?? [];
  }

  /** Queries the database only if something is due: this runs every second. */
  private async maintain(purpose: KeyPurpose): Promise<void> {
    const { clock, policy } = this.options;
    const keys = this.keysFor(purpose);
    const pretended = (schedule: KeySchedule): StoredKey => ({ ...schedule, ...NO_MATERIAL });
    if (maintain(keys, clock.now(), policy, pretended) === keys) return;
    await this.change(purpose, (current, now, spare) => maintain(current, now, policy, spare));
  }

  /**
   * Generating keys takes long, and a transaction must not wait for it: missing keys are generated outside
   * the transaction, which then runs again.
   */
  private async change(purpose: KeyPurpose, decide: Decision, event?: ChangeEvent): Promise<void> {
    const spares: KeyMaterial[] = [];
    let missing: number;
    do {
      missing = await this.attempt(purpose, decide, spares, event);
      const { encryption } = this.options;
      const making = Array.from({ length: missing }, () => makeKey(algorithmOf(purpose), encryption));
      spares.push(...(await Promise.all(making)));
    } while (missing > 0);
    this.current = undefined;
  }

  /** @returns how many new keys were missing; unless 0, nothing has changed */
  private async attempt(
    purpose: KeyPurpose,
    decide: Decision,
    spares: readonly KeyMaterial[],
    event: ChangeEvent | undefined,
  ): Promise<number> {
    const shortage = new KeysLacking();
    try {
      const decideWithSpares = (current: readonly StoredKey[] = []): readonly StoredKey[] => {
        const left = [...spares];
        shortage.count = 0;
        const decided = decide(current, this.options.clock.now(), (schedule) => {
          const material = left.pop();
          if (!material) shortage.count += 1;
          return { ...(material ?? NO_MATERIAL), ...schedule };
        });
        if (shortage.count > 0) throw shortage;
        return decided;
      };
      await this.records.change(purpose, decideWithSpares, event);
    } catch (error) {
      if (error !== shortage) throw error;
    }
    return shortage.count;
  }

  private open(keys: readonly StoredKey[]): void {
    const earliest = this.options.clock.now() - MAX_LAG_MS;
    for (const key of keys) {
      const { kid } = key.jwk;
      if (keyState(key, earliest) !== 'retired' && !this.opened.has(kid)) {
        this.opened.set(kid, openKey(key, this.options.encryption));
      }
    }
    this.current = undefined;
  }

  private async reseal(): Promise<void> {
    const { encryption } = this.options;
    for (const [purpose, keys] of this.records.all) {
      if (!keys.some((key) => encryption.isSealedByPrevious(key.sealed, key.jwk.kid))) continue;
      await this.records.change(purpose, (current) =>
        current?.map((key) => ({ ...key, sealed: encryption.reseal(key.sealed, key.jwk.kid) })),
      );
    }
    this.resealed = true;
  }
}

type Decision = (keys: readonly StoredKey[], now: number, spare: MakeKey<StoredKey>) => readonly StoredKey[];

/** Rolls back a transaction that needs new keys. */
class KeysLacking extends Error {
  count = 0;
}

/** Placeholder for key material while only the schedules matter. */
const NO_MATERIAL: KeyMaterial = { jwk: { kty: '', kid: '', alg: 'ES256', use: 'sig' }, sealed: '' };

/** The algorithm of the keys for a purpose. */
export function algorithmOf(purpose: KeyPurpose): Algorithm {
  return purpose === 'administration' ? ADMINISTRATION_ALGORITHM : purpose;
}
