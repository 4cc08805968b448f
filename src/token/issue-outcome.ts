import type { Algorithm } from '../jwt/algorithms.js';

/**
 * Why no token was issued. The codes are those of RFC 6749 §4.1.2.1 and §5.2 and RFC 8707 §2, and
 * `unavailable`.
 */
export type IssueRefusalCode =
  | 'invalid_request'
  | 'invalid_target'
  | 'invalid_scope'
  | 'access_denied'
  /** No key can sign the token now, or too many tokens wait for a signature. */
  | 'unavailable';

/** A token was issued. */
export interface Issued {
  readonly code: 'issued';
  /** The token, a compact JWS (RFC 7515 §7.1). */
  readonly token: string;
  /** Seconds until it expires. */
  readonly expiresIn: number;
  /** The `jti` of the token, by which logs name it. */
  readonly tokenId: string;
  /** The algorithm that signed it. */
  readonly algorithm: Algorithm;
}

/** No token was issued. The reason is meant for the caller. */
export interface NotIssued {
  readonly code: IssueRefusalCode;
  /** One sentence, without a full stop, that says why. */
  readonly reason: string;
}

/** The outcome of a request for a token: a value, never an exception. */
export type IssueOutcome = Issued | NotIssued;
