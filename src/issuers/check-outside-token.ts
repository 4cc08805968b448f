import { algorithmNamed, ALGORITHMS } from '../jwt/algorithms.js';
import { isName } from '../encoding/well-formed-text.js';
import { audiencesOf, type Claims } from '../jwt/claims.js';
import { mediaType, type OutsideJws } from '../jwt/compact-jws.js';
import type { PublicKey } from '../jwt/public-key.js';
import { verifySignature } from '../jwt/signature.js';
import type { IssuerKeySet } from './issuer-key-set.js';
import { failed, type FailedCheck, type VerifiedToken } from './outside-token.js';
import { type IssuerUse, type TrustedIssuer, trustDomainOf } from './trusted-issuer.js';

/** How far the clock of an issuer may be ahead of ours, in seconds. */
const MAX_AHEAD_SECONDS = 30;

/** The most values of `aud` in a token that is a grant or is exchanged. */
const MAX_AUDIENCES = 5;

/** The types of a token that authenticates a client, in lower case; the empty text if it names none. */
export const ASSERTION_TYPES: readonly string[] = ['', 'jwt', 'client-authentication+jwt'];

/** SPIFFE JWT-SVID §2.3 allows one more. */
const SVID_TYPES = [...ASSERTION_TYPES, 'jose'];

/** The type of an Identity Assertion JWT Authorization Grant. */
const ID_JAG_TYPE = 'oauth-id-jag+jwt';

/** What a check compares a token with, in addition to its entry and its keys. */
export interface CheckContext {
  readonly use: IssuerUse;
  /** Seconds since 1970. */
  readonly now: number;
  /** The issuer of our own tokens. */
  readonly ownIssuer: string;
  /** Whether an audience is the URL of the token endpoint, as clients may have it. */
  readonly isTokenEndpoint: (audience: string) => boolean;
  /** Whether a subject is the ID of a client. */
  readonly isClient: (subject: string) => boolean;
  /** Whether a subject begins like those of an entry other than this one. */
  readonly isPrefixed: (subject: string, entryId: string) => boolean;
}

/** Whether the token needs a key that is not in the set. */
export function lacksKey({ algorithm, keyId }: OutsideJws, keys: IssuerKeySet): boolean {
  return keyId === undefined ? keys.fitting(algorithm).length === 0 : keys.withId(keyId) === undefined;
}

/** @returns why the algorithm of the token is refused before any key is looked up */
export function checkAlgorithm({ algorithm }: OutsideJws, entry: TrustedIssuer): FailedCheck | undefined {
  const isListed = entry.algorithms.some((name) => algorithmNamed(name) === algorithm);
  return isListed && !ALGORITHMS[algorithm].shared
    ? undefined
    : failed('algorithm', entry.algorithms, algorithm);
}

/**
 * Checks a token of a trusted issuer against the keys, the entry and the time, whatever its use. Pure. No claim
 * is considered before the signature is verified.
 *
 * @param jws the token, whose `iss` or trust domain named the entry
 */
export function checkOutsideToken(
  jws: OutsideJws,
  entry: TrustedIssuer,
  keys: IssuerKeySet,
  context: CheckContext,
): VerifiedToken | FailedCheck {
  const key = checkAlgorithm(jws, entry) ?? findKey(jws, keys);
  if ('check' in key) return key;
  if (!verifySignature(jws.token, jws.algorithm, key.key)) return failed('signature');
  const { claims } = jws;
  const refusal =
    checkTimes(claims, entry, context.now) ??
    checkAudience(claims, entry, context) ??
    checkSubject(claims, entry, context) ??
    checkType(jws, entry, context.use);
  if (refusal) return refusal;
  const subject = claims.sub ?? '';
  return { entry, use: context.use, claims, subject, mappedSubject: mappedSubject(subject, entry) };
}

/** The key that `kid` names; without a `kid`, the only one that fits the algorithm (RFC 8725 §3.1). */
function findKey({ algorithm, keyId }: OutsideJws, keys: IssuerKeySet): PublicKey | FailedCheck {
  if (keyId === undefined) {
    const fitting = keys.fitting(algorithm);
    const [only] = fitting;
    return only && fitting.length === 1
      ? only
      : failed('key', 'a kid, or exactly one key that fits', `no kid, and ${fitting.length} keys that fit`);
  }
  const named = keys.withId(keyId);
  if (!named) return failed('key', 'a kid of the current keys of the issuer', 'an unknown kid');
  return named.algorithms.includes(algorithm) ? named : failed('algorithm', named.algorithms, algorithm);
}

function checkTimes(
  { exp, nbf, iat }: Claims,
  { maxLifetimeSeconds }: TrustedIssuer,
  now: number,
): FailedCheck | undefined {
  if (exp <= now) return failed('times', `exp after ${Math.floor(now)}`, { exp });
  const latest = now + MAX_AHEAD_SECONDS;
  if ((iat ?? now) > latest) return failed('times', `iat at most ${Math.floor(latest)}`, { iat });
  if ((nbf ?? now) > latest) return failed('times', `nbf at most ${Math.floor(latest)}`, 'a later nbf');
  return exp - (iat ?? now) > maxLifetimeSeconds
    ? failed('times', `a lifetime of at most ${maxLifetimeSeconds} seconds`, { exp, iat })
    : undefined;
}

function checkAudience(
  { aud }: Claims,
  entry: TrustedIssuer,
  { use, ownIssuer, isTokenEndpoint }: CheckContext,
): FailedCheck | undefined {
  const values = audiencesOf(aud);
  if (use === 'jwt_bearer' && entry.idJag) {
    return values.length === 1 && values[0] === ownIssuer ? undefined : failed('audience', [ownIssuer], aud);
  }
  if (use !== 'client_authentication') {
    const isAccepted =
      values.length <= MAX_AUDIENCES && values.some((value) => entry.audiences.includes(value));
    return isAccepted ? undefined : failed('audience', entry.audiences, aud);
  }
  // Another server may have given the client the URL of our endpoint (draft-ietf-oauth-rfc7523bis §4).
  const [only = ''] = values;
  return values.length === 1 && entry.audiences.includes(only) && !isTokenEndpoint(only)
    ? undefined
    : failed(
        'audience',
        entry.audiences.filter((each) => !isTokenEndpoint(each)),
        aud,
      );
}

function checkSubject(
  { sub }: Claims,
  entry: TrustedIssuer,
  { use, isClient, isPrefixed }: CheckContext,
): FailedCheck | undefined {
  if (sub === undefined || sub === '') return failed('subject', 'a non-empty sub', sub);
  if (use === 'client_authentication') return undefined;
  const mapped = mappedSubject(sub, entry);
  if (!isName(mapped)) return failed('subject', 'a visible name of at most 255 characters', sub);
  if (isClient(mapped)) return failed('subject', 'a subject that is not the ID of a client', sub);
  return entry.subject === 'as_is' && isPrefixed(mapped, entry.id)
    ? failed('subject', 'a subject that does not begin like those of another entry', sub)
    : undefined;
}

function mappedSubject(sub: string, { id, subject }: TrustedIssuer): string {
  return subject === 'as_is' ? sub : `${id}:${sub}`;
}

function checkType({ type = '' }: OutsideJws, entry: TrustedIssuer, use: IssuerUse): FailedCheck | undefined {
  const accepted = acceptedTypes(entry, use);
  return accepted.includes(type) ? undefined : failed('type', accepted, type);
}

function acceptedTypes(entry: TrustedIssuer, use: IssuerUse): readonly string[] {
  if (use === 'client_authentication') {
    return trustDomainOf(entry) === undefined ? ASSERTION_TYPES : SVID_TYPES;
  }
  return use === 'jwt_bearer' && entry.idJag ? [ID_JAG_TYPE] : entry.types.map(mediaType);
}
