import { RESERVED_CLAIMS } from '../jwt/claims.js';
import { isJsonObject } from '../encoding/strict-json.js';
import type { TokenRequest } from './token.service.js';

/** No reader accepts a token with a claim named `__proto__`. */
const REFUSED_NAMES: ReadonlySet<string> = new Set([...RESERVED_CLAIMS, '__proto__']);

const isText = (value: unknown): boolean => typeof value === 'string';

/**
 * Checks what the types of a request promise: applications in JavaScript pass on what they received. An object
 * with `toJSON` would otherwise become another subject or audience when it is signed than the one that was
 * checked.
 *
 * @returns what is wrong with the request; `undefined` if nothing is
 */
export function faultOf(request: TokenRequest): string | undefined {
  const { subject, audience, scope, lifetimeSeconds, claims } = request;
  if (!isText(subject)) return 'subject must be a string';
  if (!isText(audience) && !(Array.isArray(audience) && audience.every(isText))) {
    return 'audience must be a string or an array of strings';
  }
  if (scope !== undefined && !isText(scope)) return 'scope must be a string';
  if (lifetimeSeconds !== undefined && !(Number.isInteger(lifetimeSeconds) && lifetimeSeconds >= 1)) {
    return 'lifetimeSeconds must be a whole number of seconds, at least 1';
  }
  return claims === undefined ? undefined : faultOfClaims(claims);
}

function faultOfClaims(claims: Readonly<Record<string, unknown>>): string | undefined {
  if (!isJsonObject(claims)) return 'claims must be an object';
  const refused = Object.keys(claims).find((name) => REFUSED_NAMES.has(name));
  if (refused !== undefined) return `claims must not contain ${refused}`;
  // JSON.stringify would sign what it returns in place of all the claims.
  return typeof claims['toJSON'] === 'function' ? 'claims must not have a method toJSON' : undefined;
}
