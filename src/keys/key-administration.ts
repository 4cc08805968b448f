import type { AuditLog } from '../audit/audit-log.js';
import { type Administrator, type AuditedChange, auditedChange } from '../audit/persisted-event.js';
import type { Clock } from '../clock.js';
import type { Algorithm } from '../jwt/algorithms.js';
import { StoreUnavailable } from '../sync/record-store.js';
import { type KeyState, keyState, verifiesUntil } from './key-schedule.js';
import type { KeyPurpose, StoredKey } from './key-store.js';
import { algorithmOf, type ManagedKeys } from './managed-keys.js';
import type { PrivateKey } from './private-key.js';

/** A key without its private part, for administrators. Times are milliseconds since 1970. */
export interface KeyDescription {
  /** Its `kid`. */
  readonly id: string;
  readonly algorithm: Algorithm;
  /** What it signs: tokens for others, or tokens for the service itself. */
  readonly purpose: 'tokens' | 'administration';
  readonly state: KeyState;
  /** This and all later fields are null for an imported key. */
  readonly publishedAt: number | null;
  readonly signsFrom: number | null;
  /** Null until the date of the next rotation is set. */
  readonly signsUntil: number | null;
  readonly verifiesUntil: number | null;
  readonly revokedAt: number | null;
}

/** The database became unavailable after some keys were replaced and before the others were. */
export class RotationIncomplete extends Error {
  override readonly name = 'RotationIncomplete';

  constructor(cause: unknown) {
    super('The database does not respond; only some of the keys were replaced: try again', { cause });
  }
}

/** Lists and replaces keys on behalf of an administrator. */
export class KeyAdministration {
  /** @param imported keys that are listed too, but that only the operator can replace */
  constructor(
    private readonly stored: ManagedKeys,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly imported: readonly PrivateKey[],
  ) {}

  list(): readonly KeyDescription[] {
    const managed = [...this.stored.schedules].flatMap(([purpose, keys]) =>
      keys.map((key) => this.describe(purpose, key)),
    );
    return [...this.imported.map((key) => this.describeImported(key)), ...managed];
  }

  /**
   * Replaces the keys that sign.
   *
   * @param algorithm the algorithm of the keys to replace; `undefined` replaces all that the service
   *   generated
   * @param revoke whether to revoke the replaced keys at once
   * @param by the administrator, for the audit event
   * @returns whether there are such keys
   * @throws {StoreUnavailable} if nothing was replaced
   * @throws {RotationIncomplete} if only some of the keys were replaced
   */
  async rotate(algorithm: Algorithm | undefined, revoke: boolean, by: Administrator): Promise<boolean> {
    let isBegun = false;
    const audited = new Map<KeyPurpose, AuditedChange>();
    const eventOf = (purpose: KeyPurpose): AuditedChange['keep'] => {
      const kind = { algorithm: algorithmOf(purpose), purpose: describedPurpose(purpose) };
      const change = auditedChange(
        { event: 'keys.rotated', ...kind, revoke, by: by.id },
        by,
        this.clock.now(),
      );
      audited.set(purpose, change);
      return change.keep;
    };
    const replaced = (purpose: KeyPurpose): void => {
      isBegun = true;
      const change = audited.get(purpose);
      if (change) this.audit.record(by.requestId, change.event);
    };
    try {
      return await this.stored.rotate(algorithm, revoke, replaced, eventOf);
    } catch (error) {
      throw isBegun && error instanceof StoreUnavailable ? new RotationIncomplete(error) : error;
    }
  }

  private describe(purpose: KeyPurpose, key: StoredKey): KeyDescription {
    const until = key.revokedAt ?? verifiesUntil(key);
    return {
      id: key.jwk.kid,
      algorithm: key.jwk.alg,
      purpose: describedPurpose(purpose),
      state: keyState(key, this.clock.now()),
      publishedAt: key.publishedAt,
      signsFrom: key.signsFrom,
      signsUntil: key.signsUntil,
      verifiesUntil: until === Infinity ? null : until,
      revokedAt: key.revokedAt,
    };
  }

  private describeImported({ id, algorithm }: PrivateKey): KeyDescription {
    const first = this.imported.find((key) => key.algorithm === algorithm);
    return {
      id,
      algorithm,
      purpose: 'tokens',
      state: first?.id === id ? 'signing' : 'published',
      publishedAt: null,
      signsFrom: null,
      signsUntil: null,
      verifiesUntil: null,
      revokedAt: null,
    };
  }
}

function describedPurpose(purpose: KeyPurpose): KeyDescription['purpose'] {
  return purpose === 'administration' ? 'administration' : 'tokens';
}
