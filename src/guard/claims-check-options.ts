import type { Type } from '@nestjs/common';
import type { Claims } from '../jwt/claims.js';

/**
 * A check of the claims of a token whose signature, times, issuer and audience are valid:
 *
 * - a function, such as a type predicate, that returns whether the claims are accepted, or a promise of it;
 * - a class whose properties have decorators of `class-validator`, which the application must have installed,
 *   with `class-transformer`. Claims that the class does not declare are accepted;
 * - a schema of a library that implements Standard Schema, such as Valibot, Zod or ArkType.
 *
 * The claims stay as signed: what a schema or a class transforms is discarded. A check that throws or rejects
 * refuses the token.
 */
export type ClaimsCheck = ((claims: Claims) => boolean | Promise<boolean>) | Type<object> | StandardSchema;

/** What this package uses of Standard Schema, version 1 (https://standardschema.dev). */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    /** Never rejects by design of the standard; a promise if the schema has asynchronous checks. */
    readonly validate: (value: unknown) => StandardSchemaResult | Promise<StandardSchemaResult>;
  };
}

/** The result of a schema: with a value and without `issues`, what was validated is valid. */
export interface StandardSchemaResult {
  readonly value?: unknown;
  readonly issues?: readonly StandardSchemaIssue[] | undefined;
}

/** What is invalid in a value. */
export interface StandardSchemaIssue {
  /** The names that lead to the invalid part, such as `tenant`; absent for the value as a whole. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
