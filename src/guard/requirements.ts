import 'reflect-metadata';
import type { ExecutionContext } from '@nestjs/common';
import type { Claims } from '../jwt/claims.js';
import { hasRequiredClaims, type RequiredClaims } from './required-claims.js';

/**
 * Keys of the metadata that the decorators of this package set. They are fixed, so that the decorators of one
 * copy of this package work with the guard of another.
 */
export const METADATA = {
  public: 'identity-backend/public',
  optionalToken: 'identity-backend/optional-token',
  scopes: 'identity-backend/required-scopes',
  anyScopes: 'identity-backend/required-any-scope',
  claims: 'identity-backend/required-claims',
} as const;

/** What the claims of a token must contain. */
export interface ClaimRequirements {
  /** Scope tokens that `scope` must contain, all of them. */
  readonly scopes: readonly string[];
  /** Lists of scope tokens; `scope` must contain at least one of each list. */
  readonly anyScopes: readonly (readonly string[])[];
  /** Values that claims must have, all of them. */
  readonly claims: readonly RequiredClaims[];
}

/** What a handler requires of a request. */
export interface Requirements extends ClaimRequirements {
  /**
   * `public`: no token is read; `optional`: a request without one is accepted, and one that is sent must be
   * valid; `token`: a valid token is required.
   */
  readonly access: 'public' | 'optional' | 'token';
}

/** What the claims lack. */
export type Insufficiency =
  /** `scopes`: all that the handler requires, not only the missing ones. */
  | { readonly code: 'insufficient_scope'; readonly scopes: readonly string[] }
  | { readonly code: 'insufficient_claims'; readonly claims: readonly RequiredClaims[] };

/** @returns requirements of these scopes, and of nothing else */
export function requiringScopes(...scopes: readonly string[]): ClaimRequirements {
  return { scopes, anyScopes: [], claims: [] };
}

const known = new WeakMap<object, WeakMap<object, Requirements>>();

/**
 * Reads what a handler requires from its decorators and those of its class. The nearer target decides about
 * the access. If a token is required, scopes and claims of the class add to those of the handler.
 */
export function requirementsOf(context: Pick<ExecutionContext, 'getHandler' | 'getClass'>): Requirements {
  const [handler, host] = [context.getHandler(), context.getClass()];
  const found = known.get(handler)?.get(host);
  if (found) return found;
  const read = readRequirements(handler, host);
  const byClass = known.get(handler) ?? new WeakMap<object, Requirements>();
  known.set(handler, byClass.set(host, read));
  return read;
}

function readRequirements(handler: object, host: object): Requirements {
  const access = accessOf(handler) ?? accessOf(host) ?? 'token';
  if (access !== 'token') return { access, scopes: [], anyScopes: [], claims: [] };
  const merged = <T>(key: string): readonly T[] => [...listed<T>(host, key), ...listed<T>(handler, key)];
  return {
    access,
    scopes: [...new Set(merged<string>(METADATA.scopes))],
    anyScopes: merged<readonly string[]>(METADATA.anyScopes),
    claims: merged<RequiredClaims>(METADATA.claims),
  };
}

/**
 * The access that one target declares by itself. A class does not inherit it: that a controller is public is
 * written at that controller. Requirements prevail over `@Public()` at the same target, so that nothing is
 * open by accident; the application does not start with both.
 */
function accessOf(target: object): Requirements['access'] | undefined {
  const isPublic = declared(target, METADATA.public);
  const isOptional = declared(target, METADATA.optionalToken);
  if (hasOwnRequirements(target)) return 'token';
  if (isPublic === true) return 'public';
  if (isOptional === true) return 'optional';
  return isPublic === false || isOptional === false ? 'token' : undefined;
}

/** @returns one sentence that says which decorators contradict each other at this target, if any do */
export function contradictionAt(target: object): string | undefined {
  const [isPublic, isOptional] = [METADATA.public, METADATA.optionalToken].map((key) =>
    declared(target, key),
  );
  if (isPublic === true && isOptional === true) return '@Public() and @OptionalToken() contradict each other';
  if (!hasOwnRequirements(target) || (isPublic !== true && isOptional !== true)) return undefined;
  const open = isPublic === true ? '@Public()' : '@OptionalToken()';
  return `${open} and required scopes or claims contradict each other`;
}

/** Whether a target or, for a class, one that it extends requires scopes or claims. */
export function hasRequirements(target: object): boolean {
  return REQUIREMENTS.some((key) => Reflect.hasMetadata(key, target));
}

const REQUIREMENTS = [METADATA.scopes, METADATA.anyScopes, METADATA.claims];

function hasOwnRequirements(target: object): boolean {
  return REQUIREMENTS.some((key) => Reflect.hasOwnMetadata(key, target));
}

function declared(target: object, key: string): boolean | undefined {
  return Reflect.getOwnMetadata(key, target) as boolean | undefined;
}

/** A list that decorators have set; a class inherits those of the classes that it extends. */
function listed<T>(target: object, key: string): readonly T[] {
  return (Reflect.getMetadata(key, target) as readonly T[] | undefined) ?? [];
}

/** Adds an entry to a list of the target, which keeps the entries that it has or inherits. */
export function addRequirement(target: object, key: string, ...entries: readonly unknown[]): void {
  Reflect.defineMetadata(key, [...listed(target, key), ...entries], target);
}

/** Compares claims with requirements; the access is the caller's matter. */
export function insufficiencyOf(claims: Claims, required: ClaimRequirements): Insufficiency | undefined {
  const { scopes, anyScopes } = required;
  if (scopes.length > 0 || anyScopes.length > 0) {
    const granted = (claims.scope ?? '').split(' ');
    const hasAll = scopes.every((each) => granted.includes(each));
    const hasAny = anyScopes.every((list) => list.some((each) => granted.includes(each)));
    if (!hasAll || !hasAny) return { code: 'insufficient_scope', scopes: allScopes(required) };
  }
  const missing = required.claims.filter((each) => !hasRequiredClaims(claims, each));
  return missing.length === 0 ? undefined : { code: 'insufficient_claims', claims: missing };
}

/** All scopes that requirements name, also alternatives, each once. */
export function allScopes({ scopes, anyScopes }: ClaimRequirements): readonly string[] {
  return [...new Set([...scopes, ...anyScopes.flat()])];
}
