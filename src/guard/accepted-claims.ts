import type { Claims } from '../jwt/claims.js';

const REGISTRY = Symbol.for('identity-backend/accepted-claims');

/**
 * The claims by request. They are not a property of the request, so that nothing in it can pass for the
 * claims of a token. All copies of this package in a process share them, so that the guard of one works with
 * the decorators of another.
 */
const claimsByRequest: WeakMap<object, Claims> = ((globalThis as { [REGISTRY]?: WeakMap<object, Claims> })[
  REGISTRY
] ??= new WeakMap());

/** Keeps the claims of the token with which a request was accepted. */
export function keepClaims(request: object, claims: Claims): void {
  claimsByRequest.set(request, claims);
}

/** Forgets the claims of an earlier message on the same connection. */
export function forgetClaims(request: object): void {
  claimsByRequest.delete(request);
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

/**
 * Finds the claims among the arguments of a handler: those of the request, of the `req` of a GraphQL context,
 * of a client, or of a message.
 */
export function findClaims(handlerArguments: readonly unknown[]): Claims | undefined {
  for (const argument of handlerArguments) {
    if (!isObject(argument)) continue;
    const { req } = argument as { req?: unknown };
    const claims = claimsOf(argument) ?? (isObject(req) ? claimsOf(req) : undefined);
    if (claims) return claims;
  }
  return undefined;
}

/** Whether claims can be kept for a value: messages may also be text or null. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
