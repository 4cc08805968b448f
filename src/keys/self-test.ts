import type { KeyObject } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { Algorithm } from '../jwt/algorithms.js';

/**
 * Verifies a token with `@nestjs/jwt`, which has no part in signing: an independent check of a key, for the
 * readiness of the service. On every request it would cost more than the signature.
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
