import type { Algorithm } from '../jwt/algorithms.js';

/** Why no token is issued; the codes are those of RFC 6749 §5.2 and RFC 8707 §2. */
export type IssueRefusalCode =
  | 'invalid_request'
  | 'invalid_target'
  | 'invalid_scope'
  | 'access_denied'
  /** No key can sign the token now, or too many requests wait for one. */
  | 'unavailable';

/** A token was issued. */
export interface Issued {
  readonly code: 'issued';
  readonly token: string;
  /** Seconds until it expires. */
  readonly expiresIn: number;
  /** The token's `jti`, by which logs name it. */
  readonly tokenId: string;
  readonly algorithm: Algorithm;
}

/** No token was issued; the caller may read the reason. */
export interface NotIssued {
  readonly code: IssueRefusalCode;
  readonly reason: string;
}

/** The outcome of a request for a token: a value, never an exception. */
export type IssueOutcome = Issued | NotIssued;
