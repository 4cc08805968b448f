import type { KeyObject } from 'node:crypto';
import type { Algorithm } from '../jwt/algorithms.js';
import { encodePart, type TokenType } from '../jwt/compact-jws.js';
import type { VerificationKey } from '../jwt/verify-token.js';

/** A key that signs tokens and verifies them. */
export interface SigningKey extends VerificationKey {
  /** The key that verifies: the shared secret, or the public key. */
  readonly keyObject: KeyObject;

  /** @returns the claims as a compact JWS with `alg`, `typ` and `kid` in its header */
  sign(claims: object, type?: TokenType): string | Promise<string>;

  /** As {@link sign}, but always on this thread, however long the signature takes. */
  signSync(claims: object, type?: TokenType): string;
}

/** Makes the signing input of a compact JWS (RFC 7515 §5.1). */
export type SigningInput = (claims: object, type: TokenType) => string;

/** @returns a function that makes signing inputs for one key; its headers are serialized once */
export function signingInputs(alg: Algorithm, kid: string): SigningInput {
  const header = (typ: TokenType): string => encodePart({ alg, typ, kid });
  const headers: Readonly<Record<TokenType, string>> = { JWT: header('JWT'), 'at+jwt': header('at+jwt') };
  return (claims, type) => `${headers[type]}.${encodePart(claims)}`;
}
