import { requiring } from './protected-handler.interceptor.js';
import type { RequiredClaims } from './required-claims.js';
import { METADATA } from './requirements.js';

/**
 * Accepts a request only if its token has these claims, and those that the controller and the classes that it
 * extends require. Otherwise the guard responds 403 `insufficient_claims`. A request that no guard of this
 * package has checked is refused, as with `@RequireScopes()`.
 *
 * @example
 *   @RequireClaims({ tenant: 'acme', 'realm_access.roles': ['admin', 'owner'] })
 *
 * @param claims the name of each claim, or a path to a field in it, and its value, or several of which it
 *   must have one; a claim that is an array has each of its entries as a value
 * @throws {TypeError} if nothing is required, or a value is not a string, a number or a boolean
 */
export function RequireClaims(claims: RequiredClaims): ClassDecorator & MethodDecorator {
  const values = Object.values(claims).map((wanted) => [wanted].flat());
  const isValue = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);
  if (values.length === 0 || !values.every((each) => each.length > 0 && each.every(isValue))) {
    throw new TypeError('@RequireClaims() takes claims, each with one or more strings, numbers or booleans');
  }
  return requiring(METADATA.claims, { ...claims });
}
