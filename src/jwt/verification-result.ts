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

/** The text of `error` for each code, the same in every response that refuses a token. */
export const REFUSAL_MESSAGES: Readonly<Record<RefusalCode, string>> = {
  malformed_token: 'Invalid token',
  invalid_signature: 'Invalid signature',
  token_not_yet_valid: 'Token not yet valid',
  token_expired: 'Token expired',
  invalid_issuer: 'Invalid issuer',
  invalid_audience: 'Invalid audience',
  token_revoked: 'Token revoked',
};

/** The result for a token that is valid now, for the requested audience. */
export interface AcceptedToken {
  readonly code: 'valid';
  readonly claims: Claims;
}

/** The result for a token that is not valid. */
export interface RefusedToken {
  /** Why it is refused. */
  readonly code: RefusalCode;
  /** One sentence that says what to do. */
  readonly hint: string;
}

/** The outcome of a verification: a value, never an exception. */
export type VerificationResult = AcceptedToken | RefusedToken;
