import type { VerificationResult } from '../jwt/verification-result.js';

/**
 * The token could not be verified: the issuer does not respond, and its response is needed. Not the token's
 * fault.
 */
export interface Unavailable {
  readonly code: 'unavailable';
  readonly hint: string;
}

/** The outcome of a verification: a value, never an exception. */
export type VerificationOutcome = VerificationResult | Unavailable;
