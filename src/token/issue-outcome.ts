import type { Algorithm } from '../jwt/algorithms.js';

/** Why no token is issued; the codes are those of RFC 6749 §5.2 and RFC 8707 §2. */
export type IssueRefusalCode =
  | 'invalid_request'
  | 'invalid_target'
  | 'invalid_scope'
  | 'access_denied'
  /** There is no key that could sign it now, or too many others wait for it. */
  | 'unavailable';

/** A token that was made. */
export interface Issued {
  readonly code: 'issued';
  readonly token: string;
  /** Seconds until it expires. */
  readonly expiresIn: number;
  /** The token's id, by which logs name it. */
  readonly tokenId: string;
  readonly algorithm: Algorithm;
}

/** Why none was made, in words that the caller may read. */
export interface NotIssued {
  readonly code: IssueRefusalCode;
  readonly reason: string;
}

/** What comes of asking for a token: a value, never an exception. */
export type IssueOutcome = Issued | NotIssued;
