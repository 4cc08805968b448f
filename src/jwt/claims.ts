import { isName } from '../encoding/well-formed-text.js';

/**
 * The claims of a token (RFC 7519 §4). The types of registered claims are checked; other claims are as
 * signed. Times are in seconds since 1970 and may have a fraction.
 */
export interface Claims {
  /** When the token expires (RFC 7519 §4.1.4). */
  readonly exp: number;
  /** When the token was issued. */
  readonly iat?: number;
  /** The time before which the token is not valid. */
  readonly nbf?: number;
  /** The issuer. */
  readonly iss?: string;
  /** The subject: who the token is about. */
  readonly sub?: string;
  /** The audience: who may accept the token. */
  readonly aud?: string | readonly string[];
  /** The ID of the token. */
  readonly jti?: string;
  /** Scope tokens separated by a space (RFC 8693 §4.2). */
  readonly scope?: string;
  /** Other claims, such as `client_id` and custom ones. */
  readonly [name: string]: unknown;
}

const isString = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isAudience = (value: unknown): boolean =>
  isString(value) || (Array.isArray(value) && value.every(isString));

const TYPES: readonly (readonly [name: string, isRight: (value: unknown) => boolean, expected: string])[] = [
  ['exp', isNumber, 'a number'],
  ['iat', isNumber, 'a number'],
  ['nbf', isNumber, 'a number'],
  ['iss', isString, 'a string'],
  ['sub', isString, 'a string'],
  ['aud', isAudience, 'a string or an array of strings'],
  ['jti', (value) => isString(value) && value !== '', 'a non-empty string'],
  ['scope', isString, 'a string'],
];

/** @returns the claims, or one sentence that says what is invalid: `exp` is required, types are exact */
export function readClaims(claims: Record<string, unknown>): Claims | string {
  if (claims['exp'] === undefined) return 'The token has no exp claim';
  for (const [name, isRight, expected] of TYPES) {
    const value = claims[name];
    if (value !== undefined && !isRight(value)) return `The ${name} claim is not ${expected}`;
  }
  return claims as Claims;
}

/** The values of `aud`, which may be a string or an array (RFC 7519 §4.1.3). */
export function audiencesOf(aud: string | readonly string[] | undefined): readonly string[] {
  if (aud === undefined) return [];
  return typeof aud === 'string' ? [aud] : aud;
}

/**
 * A reserved name: the audience of signed lists of revocations. This version publishes no such list, but a
 * client with a token for this audience could pass it off as one, so no token for it is ever issued.
 */
export const REVOCATIONS_AUDIENCE = 'urn:identity-backend:revocations';

/** The claims that the issuer sets or interprets; a caller may not set them. */
export const RESERVED_CLAIMS: readonly string[] =
  'iss sub aud exp nbf iat jti client_id scope act may_act cnf azp scp active username token_type root txn'.split(
    ' ',
  );

/** Whether an administrator may name a custom claim so. No reader accepts a claim named `__proto__`. */
export function isCustomClaimName(value: unknown): boolean {
  return isName(value) && value !== '__proto__' && !RESERVED_CLAIMS.includes(value);
}
