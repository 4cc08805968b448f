import { createHmac, createSecretKey } from 'node:crypto';
import type { Algorithm } from '../jwt/algorithms.js';
import { secretFingerprint } from '../jwt/secret-fingerprint.js';
import { signBySecret } from '../jwt/signature.js';
import type { TokenType } from '../jwt/compact-jws.js';
import { registerSecret } from '../encoding/redact-secrets.js';
import { KeyObjectVerificationKey } from '../jwt/verification-key.js';
import { type SigningInput, signingInputs, type SigningKey } from './signing-key.js';

/**
 * A secret that this service shares with verifiers, for one HMAC algorithm. The `KeyObject` is created once:
 * Node would prepare a string secret again for each signature.
 */
export class SharedKey extends KeyObjectVerificationKey implements SigningKey {
  /** What `/debug-env` exposes of this secret, so that the owners of two copies can compare them. */
  readonly fingerprint: string;
  private readonly input: SigningInput;

  constructor(secret: string, algorithm: Algorithm) {
    registerSecret(secret);
    super(sharedKeyId(secret, algorithm), algorithm, createSecretKey(secret, 'utf8'));
    this.fingerprint = secretFingerprint(secret);
    this.input = signingInputs(algorithm, this.id);
  }

  sign(claims: object, type: TokenType = 'JWT'): string {
    const input = this.input(claims, type);
    return `${input}.${signBySecret(input, this.algorithm, this.keyObject)}`;
  }

  signSync(claims: object, type?: TokenType): string {
    return this.sign(claims, type);
  }
}

/** A key ID that discloses only whether two services hold the same secret. */
function sharedKeyId(secret: string, algorithm: Algorithm): string {
  const mac = createHmac('sha256', secret).update(`identity-backend/kid/v1/${algorithm}`);
  return mac.digest('base64url').slice(0, 16);
}
