import type { AcceptedToken, RefusalCode } from '../jwt/verification-result.js';

/** Why the guard refuses a token. */
export type TokenRefusalCode = RefusalCode | 'proof_required' | 'invalid_claims';

/** A token that the guard does not accept. */
export interface TokenRefusal {
  readonly code: TokenRefusalCode;
  /** One sentence that says what to do. */
  readonly hint: string;
}

/**
 * The token could not be verified: a response of the issuer is needed, and there is none. This is no fault of
 * the token.
 */
export interface Unavailable {
  readonly code: 'unavailable';
  /** One sentence that says what to do. */
  readonly hint: string;
  /** When another attempt may succeed, in seconds. */
  readonly retryAfterSeconds: number;
}

/** The outcome of a verification: a value, never an exception. */
export type VerificationOutcome = AcceptedToken | TokenRefusal | Unavailable;
