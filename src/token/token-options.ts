import type { Clock } from '../clock.js';
import type { Expectations } from '../jwt/verify-token.js';
import type { KeyRingOptions } from '../keys/key-ring.js';
import type { ManagedKeys } from '../keys/managed-keys.js';

/** The options of the module, complete with defaults. */
export interface TokenOptions extends KeyRingOptions {
  /** The default and longest lifetime of a token: whole seconds, from 1 to 86400. Default: 900. */
  readonly lifetimeSeconds: number;
  /** How far the clocks of two machines may be apart: whole seconds, from 0 to 60. Default: 0. */
  readonly clockToleranceSeconds: number;
  /** Whether hints may identify keys by the fingerprint of their secret. Default: false. */
  readonly showFingerprints: boolean;
  /** The source of the time. Default: the system clock. */
  readonly clock: Clock;
}

/** Checks whether an otherwise valid token is revoked: see {@link Expectations.revoked}. */
export type RevocationCheck = NonNullable<Expectations['revoked']>;

/** The parts that only the service passes to the module. */
export interface ServiceParts {
  /**
   * The keys that the service generates and rotates. Without them, only shared secrets and imported keys sign
   * and verify.
   */
  readonly managedKeys?: ManagedKeys | undefined;
  /** Without it, tokens are valid until they expire. */
  readonly revocationCheck?: RevocationCheck | undefined;
}

/**
 * Injection token of {@link TokenOptions} and {@link ServiceParts}. The providers of the module take even the
 * clock from it and inject nothing global, so that an application may register the module several times.
 */
export const TOKEN_OPTIONS = Symbol('TOKEN_OPTIONS');
