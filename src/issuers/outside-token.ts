import type { Claims } from '../jwt/claims.js';
import type { IssuerUse, TrustedIssuer } from './trusted-issuer.js';

/** The checks of an outside token, in the order in which they run. */
export const CHECKS = [
  'form',
  'issuer',
  'algorithm',
  'key',
  'signature',
  'times',
  'audience',
  'subject',
  'type',
  'rules',
  'replay',
] as const;

export type CheckName = (typeof CHECKS)[number];

/** A token of a trusted issuer that passed every check before the rules of its use. */
export interface VerifiedToken {
  readonly entry: TrustedIssuer;
  readonly use: IssuerUse;
  readonly claims: Claims;
  /** The `sub` of the token itself. */
  readonly subject: string;
  /** The `sub` of our tokens: see `TrustedIssuer.subject`. */
  readonly mappedSubject: string;
}

/**
 * The first check that a token failed. For the log and for administrators: a caller never learns which check
 * failed.
 */
export interface FailedCheck {
  readonly code: 'refused';
  readonly check: CheckName;
  /** What the entry or the client requires. */
  readonly expected?: unknown;
  /** What the token has; values only of `iss`, `sub`, `aud`, `exp`, `iat` and of claims that a rule names. */
  readonly got?: unknown;
}

/** The rules that the use of a token adds: which client it authenticates, or what it grants. */
export type Rules<T> = (
  token: VerifiedToken,
) => { readonly code: 'accepted'; readonly value: T } | FailedCheck;

/** @returns the outcome of a check that failed */
export function failed(check: CheckName, expected?: unknown, got?: unknown): FailedCheck {
  return { code: 'refused', check, expected, got };
}
