import type { Claims } from '../jwt/claims.js';

/** By request, so that nothing a request brings along can pass for the claims of a token. */
const claimsByRequest = new WeakMap<object, Claims>();

/** Keeps the claims of a token that was accepted. */
export function keepClaims(request: object, claims: Claims): void {
  claimsByRequest.set(request, claims);
}

/**
 * The claims of the token that a request was let through with.
 *
 * @param request what the guard's `getRequest` returned
 * @returns `undefined` where it was let through without one
 */
export function claimsOf(request: object): Claims | undefined {
  return claimsByRequest.get(request);
}
