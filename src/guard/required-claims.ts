import type { Claims } from '../jwt/claims.js';

/** A value of a claim that can be required. */
export type RequiredValue = string | number | boolean;

/**
 * Claims by name, and the value that each must have, or several of which it must have one. A name is that of
 * a claim, or a path to a field in it, such as `realm_access.roles`.
 */
export type RequiredClaims = Readonly<Record<string, RequiredValue | readonly RequiredValue[]>>;

/** Claims whose text is a list, separated by a space (RFC 8693 §4.2, and `scp` of other issuers). */
const LISTS = ['scope', 'scp'];

/**
 * Whether claims have all required values. A claim that is an array has each of its entries as a value.
 * Values are compared by type, too: `'1'` is not `1`.
 */
export function hasRequiredClaims(claims: Claims, required: RequiredClaims): boolean {
  return Object.entries(required).every(([name, wanted]) => {
    const values = valuesOf(claims, name);
    return [wanted].flat().some((each) => values.includes(each));
  });
}

function valuesOf(claims: Claims, name: string): readonly unknown[] {
  const value = find(claims, name);
  if (Array.isArray(value)) return value;
  return typeof value === 'string' && LISTS.includes(name) ? value.split(' ') : [value];
}

/**
 * A claim whose name has dots, such as a URL, takes precedence over a path. Only own fields count: a claim
 * named `constructor` is absent unless the token has one.
 */
function find(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let found: unknown = claims;
  for (const step of name.split('.')) {
    const isField = typeof found === 'object' && found !== null && Object.hasOwn(found, step);
    if (!isField) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[step];
  }
  return found;
}

/** Describes required claims for a hint: `role "admin" or "owner", tenant "acme"`. */
export function describeClaims(required: readonly RequiredClaims[]): string {
  return required
    .flatMap((each) => Object.entries(each))
    .map(
      ([name, wanted]) =>
        `${name} ${[wanted]
          .flat()
          .map((value) => JSON.stringify(value))
          .join(' or ')}`,
    )
    .join(', ');
}
