import type { Algorithm } from '../jwt/algorithms.js';
import { RecordStore } from '../replica/record-store.js';

/** A public key as it is published (RFC 7517 §4). */
export interface PublicJwk {
  readonly kty: string;
  readonly kid: string;
  readonly alg: Algorithm;
  readonly use: 'sig';
  readonly [member: string]: unknown;
}

/** A key that the service made for itself, as it is kept. */
export interface StoredKey {
  readonly jwk: PublicJwk;
  /** The private part, encrypted: see {@link KeyEncryption}. */
  readonly sealed: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** Keys by the purpose that they serve; all keys of a purpose are one record, so that they change together. */
export abstract class KeyStore extends RecordStore<readonly StoredKey[]> {}
