import { kindOf } from '../encoding/kind-of.js';
import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';
import type { Claims } from '../jwt/claims.js';
import type {
  ClaimsCheck,
  StandardSchema,
  StandardSchemaIssue,
  StandardSchemaResult,
} from './claims-check-options.js';
import { ClassRule } from './class-rule.js';

/** Checks claims, whatever the kind of the option `check`. */
export interface ClaimsRule {
  /**
   * Loads what the rule needs.
   *
   * @throws {Error} that says which package is missing, or why the class checks nothing
   */
  readonly prepare?: () => Promise<void>;
  /**
   * @returns `undefined` if the claims are accepted, else the names of those that are not; none if the rule
   *   does not say. May throw or reject.
   */
  readonly refused: (claims: Claims) => MaybePromise<readonly string[] | undefined>;
}

/** @returns what is wrong with the option; `undefined` if it is valid */
export function claimsCheckFault(check: unknown): string | undefined {
  if (check === undefined || typeof check === 'function' || isSchema(check)) return undefined;
  const kind = kindOf(check);
  const found = kind === 'an object' ? 'another object' : kind;
  return `check must be a function, a class or a Standard Schema, not ${found}`;
}

/** @param check valid */
export function claimsRule(check: ClaimsCheck): ClaimsRule {
  // Schemas of some libraries are functions, too.
  if (isSchema(check)) return { refused: (claims) => andThen(validate(check, claims), invalidNames) };
  if (isClass(check)) return new ClassRule(check);
  // Anything but true refuses: a function without types may return what only seems to be a boolean.
  const call: (claims: Claims) => unknown = check;
  return {
    refused: (claims) => andThen(settled(call(claims)), (result) => (result === true ? undefined : [])),
  };
}

function isSchema(check: unknown): check is StandardSchema {
  const { '~standard': standard } = Object(check) as Partial<StandardSchema>;
  return typeof standard?.validate === 'function';
}

/** The `prototype` of a class is read-only; that of a function is not, or does not exist. */
function isClass(check: ClaimsCheck): check is Extract<ClaimsCheck, new (...args: never) => unknown> {
  return Object.getOwnPropertyDescriptor(check, 'prototype')?.writable === false;
}

function validate(schema: StandardSchema, claims: Claims): MaybePromise<StandardSchemaResult> {
  return settled(schema['~standard'].validate(claims));
}

/** Promises of another library or realm are no instances of `Promise`. */
function settled<T>(result: MaybePromise<T>): MaybePromise<T> {
  const { then } = Object(result) as { readonly then?: unknown };
  return typeof then === 'function' ? Promise.resolve(result) : result;
}

/** A result with a value and without `issues` is a success (Standard Schema, version 1). */
function invalidNames(result: StandardSchemaResult): readonly string[] | undefined {
  const { issues } = Object(result) as StandardSchemaResult;
  if (!issues && !('value' in Object(result))) throw new TypeError('the schema has given no result');
  if (!issues) return undefined;
  const found: readonly StandardSchemaIssue[] = Array.isArray(issues) ? issues : [];
  const names = found.map(({ path: [first] = [] }) =>
    typeof first === 'object' && first !== null ? first.key : first,
  );
  return [...new Set(names.filter((name) => name !== undefined).map(String))];
}
