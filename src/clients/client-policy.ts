import { isName } from '../encoding/well-formed-text.js';
import { audiencesOf } from '../jwt/claims.js';
import type { Client } from './client.js';

/** What a client requests. */
export interface ClientRequest {
  /** `undefined` if the evidence of a grant allows it, whatever `may_act_for` says. */
  readonly subject: string | undefined;
  readonly audience: string | readonly string[];
  /** Scope tokens separated by one space. */
  readonly scope?: string | undefined;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** The first part of a request that exceeds what the client is allowed. */
export type PolicyViolation = 'audience' | 'subject' | 'scope' | 'claims';

/**
 * Checks a request against what the client is allowed.
 *
 * @param isClient whether a subject is the ID of a client
 * @returns the first part of the request that the client is not allowed; `undefined` if all of it is allowed
 */
export function policyViolation(
  client: Client,
  { subject, audience, scope, claims }: ClientRequest,
  isClient: (id: string) => boolean,
): PolicyViolation | undefined {
  if (!audiencesOf(audience).every((each) => client.audiences.includes(each))) return 'audience';
  if (subject !== undefined && !mayNameSubject(client, subject, isClient)) return 'subject';
  if (scope !== undefined && !scope.split(' ').every((each) => client.scopes.includes(each))) return 'scope';
  if (claims && !Object.keys(claims).every((name) => client.claims.includes(name))) return 'claims';
  return undefined;
}

/**
 * Whether the client may request a token for the subject: itself or one of its `may_act_for`. A pattern does
 * not cover the IDs of other clients, which must be listed exactly.
 */
function mayNameSubject(client: Client, subject: string, isClient: (id: string) => boolean): boolean {
  if (subject === client.id || client.mayActFor.includes(subject)) return true;
  return client.mayActFor.some((pattern) => matchesSubjectPattern(pattern, subject)) && !isClient(subject);
}

/** Whether the value is a subject, or a prefix that ends in `*`, but not `*` alone. */
export function isSubjectPattern(value: unknown): value is string {
  return isName(value) && value !== '*' && !value.slice(0, -1).includes('*');
}

/** Whether a subject is the one that a pattern names, or begins with it if it ends in `*`. */
export function matchesSubjectPattern(pattern: string, subject: string): boolean {
  return pattern.endsWith('*') ? subject.startsWith(pattern.slice(0, -1)) : pattern === subject;
}
