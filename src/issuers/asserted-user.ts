import type { Client, JwtBearerPolicy } from '../clients/client.js';
import { matchesSubjectPattern } from '../clients/client-policy.js';
import { parsePointer, valueAt } from '../encoding/json-pointer.js';
import { isWellFormedText } from '../encoding/well-formed-text.js';
import { isScope, isScopeToken } from '../jwt/scope.js';
import { type ActorRules, actorOf, mayAct } from './actor.js';
import { failed, type FailedCheck, type VerifiedToken } from './outside-token.js';

/** The settings that decide about an assertion, and the time. */
export interface AssertionRules extends ActorRules {
  /** Seconds since 1970. */
  readonly now: number;
}

/** What an assertion about a user grants to a client. */
export interface AssertedUser {
  readonly subject: string;
  /** The ID of the entry. */
  readonly trustedIssuer: string;
  /** The `act` claim of the token (RFC 8693 §4.1); `null` if the client is not named as the actor. */
  readonly actor: Readonly<Record<string, unknown>> | null;
  /** The custom claims of the token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The latest `exp` of the token, in whole seconds since 1970; `undefined` for no limit. */
  readonly expiresBy: number | undefined;
  /** The only scope tokens that may be granted; `undefined` for no limit but the client's own. */
  readonly scopes: readonly string[] | undefined;
  /** The only audiences that may be granted; `undefined` for no limit but the client's own. */
  readonly audiences: readonly string[] | undefined;
}

/** The longest custom claims of a token, in bytes of JSON: the limit of `POST /token`. */
const MAX_CLAIMS_BYTES = 4 * 1024;

/**
 * Decides what an assertion about a user grants to a client (RFC 7523 §2.1): only what the entry maps, with the
 * client as the actor unless its policy says otherwise.
 */
export function assertedUser(
  token: VerifiedToken,
  client: Client,
  rules: AssertionRules,
): { readonly code: 'accepted'; readonly value: AssertedUser } | FailedCheck {
  const { entry, claims, mappedSubject } = token;
  const policy = client.jwtBearer;
  if (!policy?.issuers.includes(entry.id)) return failed('rules', 'jwt_bearer.issuers with this entry');
  if (entry.idJag && claims['client_id'] !== client.id) {
    return failed('rules', 'client_id of the client that presents it');
  }
  // A bound assertion needs a proof of its key, which this service does not verify yet.
  if (claims['cnf'] !== undefined) return failed('rules', 'a token that is not bound to a key');
  if (!mayAct(claims['may_act'], client.id, rules)) return failed('rules', 'may_act that names the client');
  const actor = actorOf(token, client.id, impersonates(policy, mappedSubject), rules);
  if (typeof actor === 'string') return failed('rules', actor);
  const limits = limitsOf(token);
  if (!limits) return failed('rules', 'scope and resource in the form of RFC 6749 and RFC 8707');
  const expiresBy = policy.limitToAssertion ? Math.floor(claims.exp) : undefined;
  if (expiresBy !== undefined && expiresBy <= Math.floor(rules.now)) {
    return failed('times', 'at least a second until exp');
  }
  const value = {
    subject: mappedSubject,
    trustedIssuer: entry.id,
    actor,
    claims: mappedClaims(token),
    expiresBy,
    ...limits,
  };
  return { code: 'accepted', value };
}

function impersonates({ impersonate }: JwtBearerPolicy, subject: string): boolean {
  return impersonate.some((pattern) => matchesSubjectPattern(pattern, subject));
}

/** The claims that the entry maps. Values that our tokens cannot have are omitted. */
function mappedClaims({ entry, claims }: VerifiedToken): Readonly<Record<string, unknown>> {
  const mapped: Record<string, unknown> = {};
  let bytes = 2;
  for (const [pointer, name] of Object.entries(entry.claims)) {
    const value = valueAt(claims, parsePointer(pointer) ?? []);
    if (!isMappable(value)) continue;
    bytes += Buffer.byteLength(JSON.stringify({ [name]: value }));
    if (bytes > MAX_CLAIMS_BYTES) break;
    mapped[name] = value;
  }
  return mapped;
}

function isMappable(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((each) => typeof each === 'string' && each.isWellFormed());
  return typeof value === 'string'
    ? value.isWellFormed()
    : typeof value === 'number' || typeof value === 'boolean';
}

/** @returns the scopes and audiences that the assertion itself allows; `undefined` if one is malformed */
function limitsOf({ entry, claims }: VerifiedToken): Pick<AssertedUser, 'scopes' | 'audiences'> | undefined {
  const { scope, resource } = claims;
  if (scope !== undefined && scope !== '' && !isScope(scope)) return undefined;
  const audiences = resource === undefined ? undefined : [resource].flat();
  if (audiences && !audiences.every(isWellFormedText)) return undefined;
  const mapped = entry.scopesClaim === null ? undefined : scopesAt(claims, entry.scopesClaim);
  const own = scope?.split(' ').filter((each) => each !== '');
  const scopes = own && mapped ? own.filter((each) => mapped.includes(each)) : (own ?? mapped);
  return { scopes, audiences };
}

/** The scope tokens at a pointer, in a string or an array; what is no scope token is omitted. */
function scopesAt(claims: object, pointer: string): readonly string[] | undefined {
  const value = valueAt(claims, parsePointer(pointer) ?? []);
  if (value === undefined) return undefined;
  const tokens: unknown[] = typeof value === 'string' ? value.split(' ') : [value].flat();
  return tokens.filter(isScopeToken);
}
