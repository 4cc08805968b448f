import type { AuditLog } from '../audit/audit-log.js';
import type { Administrator } from '../clients/client-administration.js';
import { dateTime } from '../clients/client.document.js';
import type { Clock } from '../clock.js';
import type { Algorithm } from '../jwt/algorithms.js';
import { keyState, verifiesUntil } from '../keys/key-schedule.js';
import type { KeyPurpose, StoredKey } from '../keys/key-store.js';
import type { PrivateKey } from '../keys/private-key.js';
import type { StoredKeys } from '../keys/stored-keys.js';
import type { KeyDocument } from './keys.document.js';

/** What an administrator sees of the keys and does to them. */
export class KeyAdministration {
  /** @param given the keys that the operator gave: they are shown, and replaced by the operator alone */
  constructor(
    private readonly stored: StoredKeys,
    private readonly given: readonly PrivateKey[],
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  list(): readonly KeyDocument[] {
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
   * @throws {StoreUnavailable}
   */
  async rotate(algorithm: Algorithm | undefined, revoke: boolean, by: Administrator): Promise<boolean> {
    const found = await this.stored.rotate(algorithm, revoke);
    if (found) this.audit.record(by.requestId, { event: 'keys.rotated', algorithm, revoke, by: by.id });
    return found;
  }

  private document(purpose: KeyPurpose, key: StoredKey): KeyDocument {
    const until = key.revokedAt ?? verifiesUntil(key);
    return {
      kid: key.jwk.kid,
      algorithm: key.jwk.alg,
      purpose: purpose === 'administration' ? 'administration' : 'tokens',
      state: keyState(key, this.clock.now()),
      published_at: dateTime(key.publishedAt),
      signs_from: dateTimeOrNull(key.signsFrom),
      signs_until: dateTimeOrNull(key.signsUntil),
      verifies_until: dateTimeOrNull(until === Infinity ? null : until),
      revoked_at: dateTimeOrNull(key.revokedAt),
    };
  }

  private givenDocument({ id, algorithm }: PrivateKey): KeyDocument {
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

function dateTimeOrNull(time: number | null): string | null {
  return time === null ? null : dateTime(time);
}
