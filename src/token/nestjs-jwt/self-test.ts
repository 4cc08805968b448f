import type { JwtService } from '@nestjs/jwt';
import type { SigningKey } from '../../keys/signing-key.js';

/**
 * Lets `@nestjs/jwt`, which has no part in signing, verify a signature of a key, for the readiness of the
 * service. With the key in its options the library alone verifies. On the path of each request it would cost
 * more than the signature.
 *
 * @returns whether the signature is valid; the key itself verifies EdDSA, which the library does not know
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
