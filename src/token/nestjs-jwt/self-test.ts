import type { JwtService } from '@nestjs/jwt';
import type { SigningKey } from '../../keys/signing-key.js';

/**
 * Checks, for the readiness of the service, that `@nestjs/jwt` verifies a token that a key signed: the
 * library has no part in signing, and because the key is in the options, only the library verifies. On the
 * path of each request this would cost more than the signature.
 *
 * @returns whether the signature is valid. The key itself verifies EdDSA, which the library does not support
 */
export async function selfTest(key: SigningKey, jwt: JwtService): Promise<boolean> {
  const { algorithm, keyObject } = key;
  const token = await key.sign({});
  if (algorithm === 'EdDSA') return key.verifies(token);
  const named =
    keyObject.type === 'secret'
      ? { secret: keyObject.export() }
      : { publicKey: keyObject.export({ type: 'spki', format: 'pem' }) };
  try {
    await jwt.verifyAsync<object>(token, { ...named, algorithms: [algorithm] });
    return true;
  } catch {
    return false;
  }
}
