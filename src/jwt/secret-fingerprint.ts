import { createHmac } from 'node:crypto';

const LABEL = 'identity-backend/secret-fingerprint/v1';

/**
 * A value that two services compare to see that they hold the same secret, without showing it.
 *
 * @param secret the secret, used as its UTF-8 bytes
 * @param nonce chosen by who compares, so that an old answer cannot be played back
 * @returns 16 hexadecimal digits
 */
export function secretFingerprint(secret: string, nonce = ''): string {
  return createHmac('sha256', secret)
    .update(LABEL + nonce)
    .digest('hex')
    .slice(0, 16);
}
