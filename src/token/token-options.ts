import type { Clock } from '../clock.js';
import type { Expectations } from '../jwt/verify-token.js';
import type { KeyRingOptions } from '../keys/key-ring.js';
import type { ManagedKeys } from '../keys/managed-keys.js';

/** What the token module is told by the application that imports it. */
export interface TokenOptions extends KeyRingOptions {
  /** Lifetime of a token where the caller asks for none, and the longest that it may ask for; seconds. */
  readonly lifetimeSeconds: number;
  /** How far the clocks of two machines may be apart; seconds. */
  readonly clockToleranceSeconds: number;
  /** Whether hints may name keys by the fingerprint of their secret. */
  readonly showFingerprints: boolean;
  /** Where the time comes from. Default: the clock of the machine. */
  readonly clock: Clock;
}

/** Says whether a valid token is revoked: see {@link Expectations.revoked}. */
export type RevocationCheck = NonNullable<Expectations['revoked']>;

/** What the service gives its own tokens; those of other applications do without. */
export interface ServiceParts {
  /** The keys that the service makes and rotates; without them, shared secrets and imported keys alone sign and verify. */
  readonly managedKeys?: ManagedKeys | undefined;
  /** Without it, tokens are valid until they expire. */
  readonly revocationCheck?: RevocationCheck | undefined;
}

/**
 * Injection token of {@link TokenOptions} and {@link ServiceParts}. The parts of the module read their clock here, and inject
 * nothing global, so that an application may have several.
 */
export const TOKEN_OPTIONS = Symbol('TOKEN_OPTIONS');
