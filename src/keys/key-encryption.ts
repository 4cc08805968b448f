import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { registerSecret } from '../encoding/redact-secrets.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Neither the current nor a previous key encryption key decrypts a stored key. */
export class KeyEncryptionError extends Error {
  override readonly name = 'KeyEncryptionError';
}

/**
 * Encrypts private keys at rest with AES-256-GCM. The label (the key ID) is authenticated as well, so that an
 * attacker who can write to the database cannot substitute one key for another.
 */
export class KeyEncryption {
  private readonly current: Buffer;
  private readonly previous: readonly Buffer[];

  /**
   * @param secret `KEY_ENCRYPTION_KEY`, at least 32 bytes
   * @param previousSecrets `KEY_ENCRYPTION_KEY_PREVIOUS`: they only decrypt
   */
  constructor(secret: string, previousSecrets: readonly string[]) {
    [secret, ...previousSecrets].forEach(registerSecret);
    this.current = derive(secret);
    this.previous = previousSecrets.map(derive);
  }

  /**
   * @param label the key ID, authenticated with the ciphertext
   * @returns nonce, ciphertext and tag in base64url
   */
  seal(plaintext: Uint8Array, label: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.current, nonce).setAAD(Buffer.from(label));
    return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]).toString(
      'base64url',
    );
  }

  /** @throws {KeyEncryptionError} */
  open(sealed: string, label: string): Buffer {
    for (const key of [this.current, ...this.previous]) {
      const opened = openWith(key, sealed, label);
      if (opened) return opened;
    }
    throw new KeyEncryptionError(
      `KEY_ENCRYPTION_KEY does not decrypt the key ${label} in the database. Set the value it was encrypted with; ` +
        'if that was replaced, put the previous one into KEY_ENCRYPTION_KEY_PREVIOUS. Nothing was overwritten.',
    );
  }

  /** Whether the current key does not decrypt it, but a previous one may. */
  isSealedByPrevious(sealed: string, label: string): boolean {
    return this.previous.length > 0 && openWith(this.current, sealed, label) === undefined;
  }

  /**
   * Encrypts with the current key what a previous one encrypted.
   *
   * @throws {KeyEncryptionError}
   */
  reseal(sealed: string, label: string): string {
    return this.isSealedByPrevious(sealed, label) ? this.seal(this.open(sealed, label), label) : sealed;
  }
}

/** Derives a key by RFC 5869: the setting is a text of any length, and the cipher needs 32 bytes. */
function derive(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'identity-backend/key-encryption/v1', 32));
}

function openWith(key: Buffer, sealed: string, label: string): Buffer | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(Buffer.from(label))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
