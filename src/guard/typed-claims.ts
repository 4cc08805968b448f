import type { Claims as SignedClaims } from '../jwt/claims.js';

/**
 * The claims of a token (RFC 7519 §4). The types of the registered claims are checked.
 *
 * @typeParam T the types of other claims, as in `Claims<{ tenant: string }>`. They are true only if the
 *   option `check` checks them: the guard knows no types.
 */
export type Claims<T extends object = object> = SignedClaims & Readonly<T>;
