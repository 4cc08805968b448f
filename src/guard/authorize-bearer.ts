import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';
import type { AcceptedToken, RefusedToken } from '../jwt/verification-result.js';
import type { TokenVerifier, Unavailable, VerificationOutcome } from './token-verifier.js';

/** Whether the token authorizes the request, and if not, why. */
export type BearerAuthorization =
  | AcceptedToken
  | Unavailable
  | { readonly code: 'missing_token' }
  | { readonly code: 'invalid_token'; readonly reason: RefusedToken }
  /** `scopes`: all that the request needs. */
  | { readonly code: 'insufficient_scope'; readonly scopes: readonly string[] };

/**
 * Checks a bearer token in the order that all guards share (RFC 6750 §3.1): it is present, it is valid, it
 * has the scopes.
 *
 * @param token as received; `undefined` if the request has none
 * @param scopes all that the request needs
 */
export function authorizeBearer(
  token: string | undefined,
  verifier: Pick<TokenVerifier, 'verify'>,
  scopes: readonly string[],
): MaybePromise<BearerAuthorization> {
  if (token === undefined) return { code: 'missing_token' };
  return andThen(verifier.verify(token), (outcome) => authorize(outcome, scopes));
}

function authorize(outcome: VerificationOutcome, scopes: readonly string[]): BearerAuthorization {
  if (outcome.code === 'unavailable') return outcome;
  if (outcome.code !== 'valid') return { code: 'invalid_token', reason: outcome };
  return hasScopes(outcome, scopes) ? outcome : { code: 'insufficient_scope', scopes };
}

function hasScopes({ claims: { scope = '' } }: AcceptedToken, needed: readonly string[]): boolean {
  if (needed.length === 0) return true;
  const granted = scope.split(' ');
  return needed.every((each) => granted.includes(each));
}
