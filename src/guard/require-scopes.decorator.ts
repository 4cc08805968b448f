import { isScopeToken } from '../jwt/scope.js';
import { requiring } from './protected-handler.interceptor.js';
import { METADATA } from './requirements.js';

/**
 * Accepts a request only if the `scope` of its token (RFC 6749 §3.3) contains all of these, and all of those
 * that the controller and the classes that it extends require. Otherwise the guard responds 403
 * `insufficient_scope` (RFC 6750 §3.1). A request that no guard of this package has checked is refused with
 * 500, and an application with a handler that has no guard at all does not start.
 *
 * @param scopes scope tokens, at least one
 * @throws {TypeError} if one is no scope token
 */
export function RequireScopes(...scopes: [string, ...string[]]): ClassDecorator & MethodDecorator {
  return requiring(METADATA.scopes, ...checkScopes('RequireScopes', scopes));
}

/**
 * Accepts a request only if the `scope` of its token contains at least one of these. Otherwise as
 * {@link RequireScopes}, with which it can be combined.
 *
 * @param scopes scope tokens, at least one
 * @throws {TypeError} if one is no scope token
 */
export function RequireAnyScope(...scopes: [string, ...string[]]): ClassDecorator & MethodDecorator {
  return requiring(METADATA.anyScopes, checkScopes('RequireAnyScope', scopes));
}

/** No token could ever have another one. */
function checkScopes(decorator: string, scopes: readonly unknown[]): readonly unknown[] {
  if (scopes.length > 0 && scopes.every(isScopeToken)) return scopes;
  throw new TypeError(`@${decorator}() takes one or more scope tokens, without spaces (RFC 6749 §3.3)`);
}
