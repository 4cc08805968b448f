import { createHmac } from 'node:crypto';

const LABEL = 'identity-backend/secret-fingerprint/v1';

/**
 * Computes a value by which two services check that they hold the same secret, without exposing it.
 *
 * @param secret the secret, used as its UTF-8 bytes
 * @param nonce chosen for each comparison, so that an old response cannot be replayed; empty by default
 * @returns the first 16 hexadecimal digits of an HMAC-SHA256
 */
export function secretFingerprint(secret: string, nonce = ''): string {
  return createHmac('sha256', secret)
    .update(LABEL + nonce)
    .digest('hex')
    .slice(0, 16);
}
