import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';
import type { AcceptedToken } from '../jwt/verification-result.js';
import { type ClaimRequirements, type Insufficiency, insufficiencyOf } from './requirements.js';
import type { TokenVerifier } from './token-verifier.js';
import type { TokenRefusal, Unavailable, VerificationOutcome } from './verification-outcome.js';

/** Whether the token authorizes the request, and if not, why. */
export type BearerAuthorization =
  | AcceptedToken
  | Unavailable
  | { readonly code: 'missing_token' }
  | { readonly code: 'invalid_token'; readonly reason: TokenRefusal }
  | Insufficiency;

/**
 * Checks a bearer token in the order that all guards share (RFC 6750 §3.1): it is present, it is valid, it
 * has the scopes and claims.
 *
 * @param token as received; `undefined` if the request has none
 * @param required all that the request needs
 */
export function authorizeBearer(
  token: string | undefined,
  verifier: Pick<TokenVerifier, 'verify'>,
  required: ClaimRequirements,
): MaybePromise<BearerAuthorization> {
  if (token === undefined) return { code: 'missing_token' };
  return andThen(verifier.verify(token), (outcome) => authorize(outcome, required));
}

function authorize(outcome: VerificationOutcome, required: ClaimRequirements): BearerAuthorization {
  if (outcome.code === 'unavailable') return outcome;
  if (outcome.code !== 'valid') return { code: 'invalid_token', reason: outcome };
  return insufficiencyOf(outcome.claims, required) ?? outcome;
}
