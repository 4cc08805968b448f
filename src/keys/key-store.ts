import type { Algorithm } from '../jwt/algorithms.js';
import { RecordStore } from '../sync/record-store.js';
import type { KeySchedule } from './key-schedule.js';

/** A public key as it is published (RFC 7517 §4). */
export interface PublicJwk {
  readonly kty: string;
  readonly kid: string;
  readonly alg: Algorithm;
  readonly use: 'sig';
  readonly [member: string]: unknown;
}

/** A key that the service generated. */
export interface KeyMaterial {
  readonly jwk: PublicJwk;
  /** The private part, encrypted: see {@link KeyEncryption}. */
  readonly sealed: string;
}

/** A stored key with its whole schedule: every instance knows a key before it begins to sign. */
export interface StoredKey extends KeyMaterial, KeySchedule {}

/** What the keys of one record sign: tokens of one algorithm, or tokens for the service itself. */
export type KeyPurpose = Algorithm | 'administration';

/** Stores keys by purpose. All keys of a purpose are one record, so that they change together. */
export abstract class KeyStore extends RecordStore<readonly StoredKey[]> {}
