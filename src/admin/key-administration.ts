import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { type AuditedChange, auditedChange } from '../audit/persisted-event.js';
import type { Administrator } from '../clients/client-administration.js';
import { dateTime } from '../clients/dto/client-response.dto.js';
import { Clock } from '../clock.js';
import { JWT_SETTINGS, type JwtSettings } from '../config/namespaces.js';
import type { Algorithm } from '../jwt/algorithms.js';
import { keyState, verifiesUntil } from '../keys/key-schedule.js';
import type { KeyPurpose, StoredKey } from '../keys/key-store.js';
import type { PrivateKey } from '../keys/private-key.js';
import { algorithmOf, ManagedKeys } from '../keys/managed-keys.js';
import { StoreUnavailable } from '../sync/record-store.js';
import type { KeyDto } from './dto/keys.dto.js';

/** The database went away when some of the keys were replaced, and the others were not. */
export class RotationIncomplete extends Error {
  override readonly name = 'RotationIncomplete';

  constructor(cause: unknown) {
    super('The database does not respond; only some of the keys were replaced: try again', { cause });
  }
}

/** What an administrator sees of the keys and does to them. */
@Injectable()
export class KeyAdministration {
  /** The keys that the operator gave: they are shown, and replaced by the operator alone. */
  private readonly given: readonly PrivateKey[];

  constructor(
    private readonly stored: ManagedKeys,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    @Inject(JWT_SETTINGS) { importedKeys }: Pick<JwtSettings, 'importedKeys'>,
  ) {
    this.given = importedKeys;
  }

  list(): readonly KeyDto[] {
    const made = [...this.stored.schedules].flatMap(([purpose, keys]) =>
      keys.map((key) => this.document(purpose, key)),
    );
    return [...this.given.map((key) => this.givenDocument(key)), ...made];
  }

  /**
   * Replaces the keys that sign.
   *
   * @param algorithm of the keys to replace; all that the service makes where left out
   * @param revoke ends them at once
   * @returns whether there are such keys
   * @throws {StoreUnavailable} nothing has changed then
   * @throws {RotationIncomplete}
   */
  async rotate(algorithm: Algorithm | undefined, revoke: boolean, by: Administrator): Promise<boolean> {
    let isBegun = false;
    const audited = new Map<KeyPurpose, AuditedChange>();
    const eventOf = (purpose: KeyPurpose): AuditedChange['keep'] => {
      const kind = { algorithm: algorithmOf(purpose), purpose: purposeShown(purpose) };
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

  private document(purpose: KeyPurpose, key: StoredKey): KeyDto {
    const until = key.revokedAt ?? verifiesUntil(key);
    return {
      kid: key.jwk.kid,
      algorithm: key.jwk.alg,
      purpose: purposeShown(purpose),
      state: keyState(key, this.clock.now()),
      published_at: dateTime(key.publishedAt),
      signs_from: dateTimeOrNull(key.signsFrom),
      signs_until: dateTimeOrNull(key.signsUntil),
      verifies_until: dateTimeOrNull(until === Infinity ? null : until),
      revoked_at: dateTimeOrNull(key.revokedAt),
    };
  }

  private givenDocument({ id, algorithm }: PrivateKey): KeyDto {
    const first = this.given.find((key) => key.algorithm === algorithm);
    return {
      kid: id,
      algorithm,
      purpose: 'tokens',
      state: first?.id === id ? 'signing' : 'published',
      published_at: null,
      signs_from: null,
      signs_until: null,
      verifies_until: null,
      revoked_at: null,
    };
  }
}

function purposeShown(purpose: KeyPurpose): KeyDto['purpose'] {
  return purpose === 'administration' ? 'administration' : 'tokens';
}

function dateTimeOrNull(time: number | null): string | null {
  return time === null ? null : dateTime(time);
}
