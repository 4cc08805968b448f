import { createSecretKey } from 'node:crypto';
import type { Algorithm } from '../jwt/algorithms.js';
import type { KeyCandidates, VerificationKey, VerificationKeys } from '../jwt/verify-token.js';
import { KeyObjectVerificationKey } from '../jwt/verification-key.js';
import { registerSecret } from '../encoding/redact-secrets.js';

/**
 * The secrets that this service shares with the issuer. All of them are tried: a shared secret has no key ID
 * that both sides know.
 */
export class SharedSecrets implements VerificationKeys {
  private readonly byAlgorithm: ReadonlyMap<Algorithm, readonly VerificationKey[]>;

  /**
   * @param secrets used byte for byte (UTF-8)
   * @param algorithms the accepted ones of HS256, HS384 and HS512
   */
  constructor(secrets: readonly string[], algorithms: readonly Algorithm[]) {
    secrets.forEach(registerSecret);
    const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'));
    this.byAlgorithm = new Map(
      algorithms.map((algorithm) => [
        algorithm,
        keys.map((key, index) => new KeyObjectVerificationKey(`shared-${index}`, algorithm, key)),
      ]),
    );
  }

  candidates(algorithm: Algorithm): KeyCandidates {
    return { keys: this.byAlgorithm.get(algorithm) ?? [], keyIdKnown: false };
  }
}
