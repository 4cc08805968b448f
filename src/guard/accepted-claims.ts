import type { Claims } from '../jwt/claims.js';

/**
 * The claims by request. They are not a property of the request, so that nothing in it can pass for the
 * claims of a token.
 */
const claimsByRequest = new WeakMap<object, Claims>();

/** Keeps the claims of the token with which a request was accepted. */
export function keepClaims(request: object, claims: Claims): void {
  claimsByRequest.set(request, claims);
}

/**
 * Finds the claims of the token with which `JwtAuthGuard` accepted a request.
 *
 * @param request what the guard's `getRequest` returned; on Express and Fastify, the request of the handler
 * @returns the claims; `undefined` if the request was accepted without a token, or was not checked by the
 *   guard
 */
export function claimsOf(request: object): Claims | undefined {
  return claimsByRequest.get(request);
}
