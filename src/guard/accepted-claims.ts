import type { Claims } from '../jwt/claims.js';

/** Keyed by request, so that nothing in a request can pass for the claims of a token. */
const claimsByRequest = new WeakMap<object, Claims>();

/** Keeps the claims of an accepted token. */
export function keepClaims(request: object, claims: Claims): void {
  claimsByRequest.set(request, claims);
}

/**
 * The claims of the token with which a request was accepted.
 *
 * @param request what the guard's `getRequest` returned
 * @returns `undefined` if it was accepted without one
 */
export function claimsOf(request: object): Claims | undefined {
  return claimsByRequest.get(request);
}
