import { createHmac } from 'node:crypto';

const LABEL = 'identity-backend/secret-fingerprint/v1';

/**
 * A value that two services compare to check that they hold the same secret, without exposing it.
 *
 * @param secret the secret, used as its UTF-8 bytes
 * @param nonce chosen by the caller that compares, so that an old response cannot be replayed
 * @returns 16 hexadecimal digits
 */
export function secretFingerprint(secret: string, nonce = ''): string {
  return createHmac('sha256', secret)
    .update(LABEL + nonce)
    .digest('hex')
    .slice(0, 16);
}
