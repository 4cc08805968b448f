import type { KeyObject } from 'node:crypto';
import { ALGORITHMS, type Algorithm } from './algorithms.js';
import type { VerificationKey } from './verify-token.js';
import { verifySignature } from './signature.js';

/** A shared secret or a public key that verifies the one algorithm it was made for (RFC 8725 §3.1). */
export class KeyObjectVerificationKey implements VerificationKey {
  /**
   * @param id key ID (RFC 7515 §4.1.4)
   * @param keyObject a secret for HS*, else a public key
   */
  constructor(
    readonly id: string,
    readonly algorithm: Algorithm,
    readonly keyObject: KeyObject,
  ) {}

  get signatureBytes(): number {
    const { modulusLength } = this.keyObject.asymmetricKeyDetails ?? {};
    return modulusLength === undefined
      ? ALGORITHMS[this.algorithm].leastSignatureBytes
      : Math.ceil(modulusLength / 8);
  }

  verifies(token: string): boolean {
    return verifySignature(token, this.algorithm, this.keyObject);
  }
}
