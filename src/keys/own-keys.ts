import type { Clock } from '../clock.js';
import { Replica } from '../replica/replica.js';
import type { KeyEncryption } from './key-encryption.js';
import type { KeyStore, PublicJwk, StoredKey } from './key-store.js';
import { makeKey, openKey, type PrivateKey } from './private-key.js';

/** The record of the keys that sign what is addressed to this service itself. */
const ADMINISTRATION = 'administration';

/**
 * The keys that the service makes and keeps for itself. They alone sign what is addressed to the service, its own
 * administration: whoever verifies with the shared secret could otherwise make itself an administrator.
 */
export class OwnKeys {
  private readonly replica: Replica<readonly StoredKey[]>;
  private opened: readonly PrivateKey[] = [];

  constructor(
    store: KeyStore,
    private readonly encryption: KeyEncryption,
    private readonly clock: Clock,
  ) {
    this.replica = new Replica(store, (id, keys = []) => {
      if (id === ADMINISTRATION) this.opened = keys.map((key) => openKey(key, encryption));
    });
  }

  /**
   * Takes over the keys from the database, and seals anew what a former key-encryption key sealed.
   *
   * @throws {StoreUnavailable}
   * @throws {KeyEncryptionError} where they do not open; they stay as they are
   */
  async sync(): Promise<void> {
    await this.replica.sync();
    const keys = this.replica.get(ADMINISTRATION) ?? [];
    if (keys.some((key) => this.encryption.open(key.sealed, key.jwk.kid).byFormer)) await this.sealAnew();
  }

  /**
   * Makes the first key, where there is none yet.
   *
   * @throws {StoreUnavailable}
   */
  async ensure(): Promise<void> {
    if (this.opened.length > 0) return;
    const made = await makeKey(this.encryption, this.clock.now());
    await this.replica.change(ADMINISTRATION, (current) => current ?? [made]);
  }

  /** The key that signs; `undefined` before the first need. */
  get signing(): PrivateKey | undefined {
    return this.opened[0];
  }

  get all(): readonly PrivateKey[] {
    return this.opened;
  }

  /** What is published. */
  get publicKeys(): readonly PublicJwk[] {
    return this.opened.map(({ jwk }) => jwk);
  }

  private async sealAnew(): Promise<void> {
    await this.replica.change(ADMINISTRATION, (current) =>
      current?.map((key) => {
        const { plaintext, byFormer } = this.encryption.open(key.sealed, key.jwk.kid);
        return byFormer ? { ...key, sealed: this.encryption.seal(plaintext, key.jwk.kid) } : key;
      }),
    );
  }
}
