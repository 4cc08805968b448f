import type { VerificationResult } from '../jwt/verification-result.js';

/** The token could not be judged: the issuer does not answer, and what it would say is needed. Not the token's fault. */
export interface Unavailable {
  readonly code: 'unavailable';
  readonly hint: string;
}

/** What comes of looking at a token: a value, never an exception. */
export type VerificationOutcome = VerificationResult | Unavailable;
