import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import type { Client } from '../clients/client.js';
import { usableKeys } from '../clients/client-keys.js';
import { ALGORITHMS, type Algorithm, algorithmNamed, PUBLIC_KEY_ALGORITHMS } from '../jwt/algorithms.js';
import { ASSERTION_TYPES } from '../issuers/check-outside-token.js';
import { mediaType, MAX_TOKEN_LENGTH, parsePart } from '../jwt/compact-jws.js';
import { verifySignature } from '../jwt/signature.js';

/** How far ahead an assertion may expire, in seconds: stock clients set up to an hour. */
const MAX_ASSERTION_LIFETIME_SECONDS = 61 * 60;

/** How far the clock of a client may be ahead of ours, in seconds. */
const MAX_AHEAD_SECONDS = 30;

/**
 * How many keys an assertion without a `kid` is tried with: anyone can send one in the name of any client,
 * and each verification holds up all other requests.
 */
const MAX_KEYS_TRIED = 2;

/** The algorithms that an assertion may be signed with, as the metadata names them. */
export const CLIENT_ALGORITHMS: readonly string[] = PUBLIC_KEY_ALGORITHMS;

/** An assertion whose signature has not been verified yet: anyone may have written it. */
export interface ClientAssertion {
  readonly text: string;
  readonly algorithm: Algorithm;
  readonly keyId: string | undefined;
  /** The client that claims to have signed it. */
  readonly clientId: string;
  /** Its `jti`. */
  readonly id: string;
  /** The value of `aud`, one of the names of this service. */
  readonly audience: string;
  /** Its `exp` in whole seconds since 1970, rounded up. */
  readonly expiresAt: number;
}

/**
 * Reads an assertion (RFC 7523 §3) and checks everything but its signature.
 *
 * @param audiences the names of this service; `aud` must be exactly one of them
 * @param now seconds since 1970
 * @returns the assertion; `undefined` if it cannot be valid
 */
export function readAssertion(
  text: string,
  audiences: readonly string[],
  now: number,
): ClientAssertion | undefined {
  if (text.length > MAX_TOKEN_LENGTH) return undefined;
  const [headerPart = '', claimsPart = '', signature = '', ...rest] = text.split('.');
  if (rest.length > 0 || !/^[A-Za-z0-9_-]+$/.test(signature)) return undefined;
  const header = readHeader(headerPart);
  const claims = header && readAssertionClaims(claimsPart, audiences, now);
  return claims && { text, ...header, ...claims };
}

/**
 * Accepts only asymmetric algorithms and the types of client assertions, and no `crit`: it names extensions that a recipient must understand
 * (RFC 7515 §4.1.11).
 */
function readHeader(part: string): Pick<ClientAssertion, 'algorithm' | 'keyId'> | undefined {
  const header = parsePart(part);
  if (!header || Object.hasOwn(header, 'crit')) return undefined;
  const { alg, kid, typ = '' } = header;
  // A token that was made for another purpose authenticates no one (RFC 8725 §3.11).
  if (typeof typ !== 'string' || !ASSERTION_TYPES.includes(mediaType(typ))) return undefined;
  const algorithm = algorithmNamed(alg);
  if (!algorithm || ALGORITHMS[algorithm].shared) return undefined;
  return kid === undefined || typeof kid === 'string' ? { algorithm, keyId: kid } : undefined;
}

function readAssertionClaims(
  part: string,
  audiences: readonly string[],
  now: number,
): Pick<ClientAssertion, 'clientId' | 'id' | 'audience' | 'expiresAt'> | undefined {
  const claims = parsePart(part);
  if (!claims || !isTimely(claims, now)) return undefined;
  const { iss, sub, aud, exp, jti } = claims;
  if (typeof iss !== 'string' || iss === '' || iss !== sub) return undefined;
  if (typeof jti !== 'string' || jti.trim() === '') return undefined;
  const audience = onlyAudience(aud, audiences);
  if (audience === undefined) return undefined;
  return { clientId: iss, id: jti, audience, expiresAt: Math.ceil(Number(exp)) };
}

function onlyAudience(aud: unknown, audiences: readonly string[]): string | undefined {
  const only: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  return audiences.find((audience) => audience === only);
}

function isTimely({ exp, iat, nbf }: Record<string, unknown>, now: number): boolean {
  const isStart = (time: unknown): boolean =>
    time === undefined || (typeof time === 'number' && time <= now + MAX_AHEAD_SECONDS);
  return (
    typeof exp === 'number' &&
    exp > now &&
    exp <= now + MAX_ASSERTION_LIFETIME_SECONDS &&
    isStart(iat) &&
    isStart(nbf)
  );
}

/**
 * Tries the key that `kid` names; without a `kid`, the first keys of the client that fit. For a client that
 * is unknown or has no such key, as many signatures are verified: neither the text nor the timing of a
 * refusal reveals which clients exist.
 *
 * @returns whether a key of the client made the signature
 */
export function isSignedBy(client: Client | undefined, assertion: ClientAssertion): boolean {
  const { text, algorithm, keyId } = assertion;
  const attempts = keyId === undefined ? MAX_KEYS_TRIED : 1;
  const candidates = usableKeys(client, { algorithm, keyId, most: attempts });
  if (candidates.some(({ key }) => verifySignature(text, algorithm, key))) return true;
  const unused = UNUSED_KEYS[algorithm];
  for (let tried = candidates.length; unused && tried < attempts; tried++)
    verifySignature(text, algorithm, unused);
  return false;
}

const newKey = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).publicKey;

/**
 * A public key whose private key no one knows. With any odd modulus, a verification fails in the usual time.
 */
function makeUnusedRsaKey(): KeyObject {
  const modulus = randomBytes(256);
  modulus[0] = 0xff;
  modulus[255] = 0x01;
  const key = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' };
  return createPublicKey({ key, format: 'jwk' });
}

const unusedRsaKey = makeUnusedRsaKey();

/**
 * Tried in place of the keys of an unknown client, so that a refusal takes as long as for a registered one.
 */
const UNUSED_KEYS: Readonly<Partial<Record<Algorithm, KeyObject>>> = {
  RS256: unusedRsaKey,
  PS256: unusedRsaKey,
  ES256: newKey('P-256'),
  ES384: newKey('P-384'),
  EdDSA: generateKeyPairSync('ed25519').publicKey,
};

/** @returns the key under which the use of an assertion is recorded */
export function assertionKey({ clientId, id }: ClientAssertion): string {
  return createHash('sha256')
    .update(JSON.stringify([clientId, id]))
    .digest('base64url');
}
