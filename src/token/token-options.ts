import type { Expectations } from '../jwt/verify-token.js';
import type { KeyRingOptions } from '../keys/key-ring.js';

/** What the token module is told by the application that imports it. */
export interface TokenOptions extends KeyRingOptions {
  /** Lifetime of a token where the caller asks for none, and the longest that it may ask for; seconds. */
  readonly lifetimeSeconds: number;
  /** How far the clocks of two machines may be apart; seconds. */
  readonly clockToleranceSeconds: number;
  /** Whether hints may name keys by the fingerprint of their secret. */
  readonly showFingerprints: boolean;
}

/** Injection token of {@link TokenOptions}. */
export const TOKEN_OPTIONS = Symbol('TOKEN_OPTIONS');

/** Says of a token that was good whether it still is: see {@link Expectations.revoked}. */
export type RevocationCheck = NonNullable<Expectations['revoked']>;

/** Injection token of {@link RevocationCheck}; where nothing provides it, tokens are good until they expire. */
export const REVOCATION_CHECK = Symbol('REVOCATION_CHECK');
