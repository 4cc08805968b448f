import type { KeyObject } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { Algorithm } from '../jwt/algorithms.js';

/**
 * Lets `@nestjs/jwt`, which has no part in signing, verify a token: a second opinion on a key, for the readiness of the
 * service. On the way of each request it would cost more than the signature.
 *
 * @param key the secret, or the public key
 * @returns `undefined` for EdDSA, which the library does not know
 */
export async function selfTest(
  token: string,
  algorithm: Algorithm,
  key: KeyObject,
): Promise<boolean | undefined> {
  if (algorithm === 'EdDSA') return undefined;
  try {
    await new JwtService({ secret: key }).verifyAsync(token, { algorithms: [algorithm] });
    return true;
  } catch {
    return false;
  }
}
