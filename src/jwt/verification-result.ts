import type { Claims } from './claims.js';

/** Why a token is refused. */
export type RefusalCode =
  | 'malformed_token'
  | 'invalid_signature'
  | 'token_not_yet_valid'
  | 'token_expired'
  | 'invalid_issuer'
  | 'invalid_audience'
  | 'token_revoked';

/** A token that is good now, for the audience that was asked about. */
export interface AcceptedToken {
  readonly code: 'valid';
  readonly claims: Claims;
}

/** A token that is not good; `hint` is one sentence that says what to do. */
export interface RefusedToken {
  readonly code: RefusalCode;
  readonly hint: string;
}

/** What is said of a token: a value, never an exception. */
export type VerificationResult = AcceptedToken | RefusedToken;
