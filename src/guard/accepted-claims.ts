import type { Claims } from '../jwt/claims.js';

const REGISTRY = Symbol.for('identity-backend/accepted-claims');

/** A request that a guard has let in, once or, with several messages or fields, for several handlers. */
export interface Acceptance {
  /** The claims of the latest token. */
  readonly claims: Claims;
  /** The handlers that it was let in to. */
  readonly handlers: readonly object[];
}

/**
 * The acceptances by request. They are not a property of the request, so that nothing in it can pass for the
 * claims of a token. All copies of this package in a process share them, so that the guard of one works with
 * the decorators of another.
 */
const acceptances: WeakMap<object, Acceptance> = ((
  globalThis as { [REGISTRY]?: WeakMap<object, Acceptance> }
)[REGISTRY] ??= new WeakMap());

/** Keeps the claims of the token with which a request was let in to a handler. */
export function keepClaims(request: object, claims: Claims, handler: object): void {
  const { handlers = [] } = acceptances.get(request) ?? {};
  acceptances.set(request, {
    claims,
    handlers: handlers.includes(handler) ? handlers : [...handlers, handler],
  });
}

/** Forgets the claims of an earlier message on the same connection. */
export function forgetClaims(request: object): void {
  acceptances.delete(request);
}

/**
 * Finds the claims of the token with which `JwtAuthGuard` accepted a request.
 *
 * @param request what the guard's `getRequest` returned; on Express and Fastify, the request of the handler
 * @returns the claims; `undefined` if the request was accepted without a token, or was not checked by the
 *   guard
 */
export function claimsOf(request: object): Claims | undefined {
  return acceptances.get(request)?.claims;
}

/**
 * Finds the acceptance among the arguments of a handler: that of the request, of the `req` of a GraphQL
 * context, of a client, or of a message.
 */
export function findAcceptance(handlerArguments: readonly unknown[]): Acceptance | undefined {
  for (const argument of handlerArguments) {
    if (!isObject(argument)) continue;
    const { req } = argument as { req?: unknown };
    const found = acceptances.get(argument) ?? (isObject(req) ? acceptances.get(req) : undefined);
    if (found) return found;
  }
  return undefined;
}

/** Whether claims can be kept for a value: messages may also be text or null. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
