import type { KeyObject } from 'node:crypto';
import type { TokenType } from '../jwt/token-type.js';
import type { VerificationKey } from '../jwt/verify-token.js';

/** A key that signs tokens and verifies them. */
export interface SigningKey extends VerificationKey {
  /** What verifies: the shared secret, or the public key. */
  readonly keyObject: KeyObject;

  /** @returns the claims as a compact JWS with `alg`, `typ` and `kid` in its header */
  sign(claims: object, type?: TokenType): string | Promise<string>;

  /** As {@link sign}, but on this thread, however long the signature takes. */
  signSync(claims: object, type?: TokenType): string;
}
