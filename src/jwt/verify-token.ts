import { ALGORITHMS, type Algorithm } from './algorithms.js';
import { audiencesOf, type Claims } from './claims.js';
import { parseCompactJws, type CompactJws, type TokenType } from './compact-jws.js';
import { signatureLengthFault } from './malformed-token-hint.js';
import type { RefusedToken, RefusalCode, VerificationResult } from './verification-result.js';
import { quoted } from '../encoding/quoted.js';
import { isWellFormedText } from '../encoding/well-formed-text.js';

/** A key that may have signed a token. */
export interface VerificationKey {
  /** Key ID (RFC 7515 §4.1.4). */
  readonly id: string;
  /** The only algorithm that the key verifies (RFC 8725 §3.1). */
  readonly algorithm: Algorithm;
  /** Length of its signatures, in bytes. */
  readonly signatureBytes: number;
  /** @returns whether this key made the signature of the compact JWS */
  verifies(token: string): boolean;
}

/** The keys that verify at this moment. */
export interface VerificationKeys {
  /** The keys to try for a token with this algorithm and key ID, and whether one of them has that ID. */
  candidates(algorithm: Algorithm, keyId: string | undefined): KeyCandidates;
}

export interface KeyCandidates {
  readonly keys: readonly VerificationKey[];
  readonly keyIdKnown: boolean;
}

/** What a token is verified against. */
export interface Expectations {
  readonly issuer: string;
  /**
   * The audience of the verifier, or several: one of them must be among the values of `aud`; `undefined`
   * accepts any.
   */
  readonly audience: string | readonly string[] | undefined;
  /** Whether a value of `aud` names the verifier. Default: it is one of {@link audience}, exactly. */
  readonly isAudience?: (audience: string) => boolean;
  /** The accepted values of `typ`; any, or none, if omitted. */
  readonly types?: readonly TokenType[] | undefined;
  /** The accepted clock skew, in seconds. */
  readonly toleranceSeconds: number;
  /** Whether that key may sign tokens for this audience; called for every value of `aud`. */
  readonly allows: (audience: string, key: VerificationKey) => boolean;
  /**
   * Whether that key may sign tokens without an audience. Default: any key may, because {@link verifyToken}
   * refuses these tokens by their audience.
   */
  readonly allowsNoAudience?: (key: VerificationKey) => boolean;
  /** @returns the hint if the token was revoked, else `undefined` */
  readonly revoked?: (claims: Claims) => string | undefined;
  /**
   * Describes the keys that were tried, for the hint of an invalid signature; set only if callers may see it.
   */
  readonly describeKeys?: (keys: readonly VerificationKey[]) => string;
  /** What to do about another issuer, for the hint. Default: to set the same `JWT_ISSUER`. */
  readonly issuerAdvice?: string;
}

/**
 * Verifies a token. Pure: the same keys, expectations and time give the same result. The checks run in the
 * order that `docs/api.md` promises callers of `POST /verify`. If the signature is invalid, the result
 * discloses only what is wrong with form or signature.
 *
 * @param token compact JWS, as received
 * @param keys the current keys
 * @param expected what the token is verified against
 * @param nowMilliseconds the time, in milliseconds since 1970
 */
export function verifyToken(
  token: string,
  keys: VerificationKeys,
  expected: Expectations,
  nowMilliseconds: number,
): VerificationResult {
  const jws = parseCompactJws(token);
  return typeof jws === 'string' ? malformedToken(jws) : verifyJws(jws, keys, expected, nowMilliseconds);
}

/** @param fault one sentence without a full stop, as {@link parseCompactJws} returns it */
export function malformedToken(fault: string): RefusedToken {
  return refuse('malformed_token', `${fault}.`);
}

/** As {@link verifyToken}, for a token that is parsed already. */
export function verifyJws(
  jws: CompactJws,
  keys: VerificationKeys,
  expected: Expectations,
  nowMilliseconds: number,
): VerificationResult {
  const { types } = expected;
  if (types && (jws.type === undefined || !types.includes(jws.type))) {
    return malformedToken(`The typ in the header is not ${types.join(' or ')}`);
  }
  return (
    checkSignature(jws, keys, expected) ??
    checkTimes(jws.claims, expected.toleranceSeconds, nowMilliseconds / 1000) ??
    checkIssuer(jws.claims, expected) ??
    checkAudience(jws.claims, expected) ??
    checkRevoked(jws.claims, expected) ?? { code: 'valid', claims: jws.claims }
  );
}

function refuse(code: RefusalCode, hint: string): RefusedToken {
  return { code, hint };
}

/** @returns why the signature is refused: no key made it, or `aud` does not allow the key that did */
export function checkSignature(
  jws: CompactJws,
  keys: VerificationKeys,
  expected: Pick<Expectations, 'allows' | 'allowsNoAudience' | 'describeKeys'>,
): RefusedToken | undefined {
  const candidates = keys.candidates(jws.algorithm, jws.keyId);
  const key = candidates.keys.find((candidate) => candidate.verifies(jws.token));
  if (!key) return invalidSignature(jws, candidates, expected.describeKeys);
  const audiences = audiencesOf(jws.claims.aud);
  const isAllowed =
    audiences.length > 0
      ? audiences.every((audience) => expected.allows(audience, key))
      : (expected.allowsNoAudience?.(key) ?? true);
  if (isAllowed) return undefined;
  const which = audiences.length > 0 ? 'a value of its aud' : 'a token without aud';
  return refuse(
    'invalid_signature',
    `The token names ${jws.keyId === undefined ? 'no kid' : 'a kid'} and 1 key was tried; ${which} does not allow the algorithm that it is signed with.`,
  );
}

function invalidSignature(
  jws: CompactJws,
  { keys, keyIdKnown }: KeyCandidates,
  describeKeys: Expectations['describeKeys'],
): RefusedToken {
  const kid = jws.keyId === undefined ? 'no kid' : keyIdKnown ? 'a known kid' : 'an unknown kid';
  const tried = `${keys.length} ${keys.length === 1 ? 'key was' : 'keys were'} tried`;
  const which = keys.length > 0 ? (describeKeys?.(keys) ?? '') : '';
  return refuse(
    'invalid_signature',
    `The token names ${kid} and ${tried}${which}; ${signatureAdvice(jws, keys)}.`,
  );
}

/** What to do about a signature that no key verifies. */
function signatureAdvice({ token, algorithm }: CompactJws, candidates: readonly VerificationKey[]): string {
  const length = token.length - token.lastIndexOf('.') - 1;
  const possible = candidates.map(({ signatureBytes }) => signatureBytes);
  const fault = signatureLengthFault(length, possible, algorithm);
  if (fault !== undefined) return `it ${fault}`;
  if (!ALGORITHMS[algorithm].shared) {
    return 'it was changed, or another service signed it, or with a key that is not known here';
  }
  return candidates.length > 0
    ? 'compare the secret of the service that signed it with the secret here'
    : `no secret here verifies ${algorithm}, so it must be signed with another algorithm`;
}

function checkTimes({ exp, iat, nbf }: Claims, tolerance: number, now: number): RefusedToken | undefined {
  const start = Math.max(iat ?? -Infinity, nbf ?? -Infinity);
  if (start - tolerance > now) {
    return refuse(
      'token_not_yet_valid',
      `The token becomes valid in ${seconds(Math.ceil(start - now))}; compare the clocks of both hosts.`,
    );
  }
  if (exp + tolerance <= now) {
    return refuse(
      'token_expired',
      `The token expired ${seconds(Math.floor(now - exp))} ago; request a new one.`,
    );
  }
  return undefined;
}

function seconds(count: number): string {
  return `${count} ${count === 1 ? 'second' : 'seconds'}`;
}

function checkIssuer(
  { iss }: Claims,
  { issuer, issuerAdvice = 'set the same JWT_ISSUER on both services' }: Expectations,
): RefusedToken | undefined {
  if (iss === issuer) return undefined;
  const found = iss === undefined ? 'no issuer' : `the issuer ${quoted(iss)}`;
  return refuse(
    'invalid_issuer',
    `The token names ${found}, ${quoted(issuer)} is expected; ${issuerAdvice}.`,
  );
}

function checkAudience({ aud }: Claims, { audience, isAudience }: Expectations): RefusedToken | undefined {
  const audiences = audiencesOf(aud);
  const accepted = audience === undefined ? undefined : audiencesOf(audience);
  // No one can verify for an audience that is not well-formed text: `POST /verify` rejects its name.
  const names = isAudience ?? (accepted ? (each) => accepted.includes(each) : isWellFormedText);
  if (audiences.some(names)) return undefined;
  const found = audiences.length === 0 ? 'no audience' : audiences.map(quoted).join(', ');
  const expected = accepted ? accepted.map(quoted).join(' or ') : 'some audience';
  return refuse(
    'invalid_audience',
    `The token is for ${found}, ${expected} is expected; request a token with that aud.`,
  );
}

function checkRevoked(claims: Claims, { revoked }: Expectations): RefusedToken | undefined {
  const hint = revoked?.(claims);
  return hint === undefined ? undefined : { code: 'token_revoked', hint };
}
