import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { Client } from '../clients/client.js';
import { ALGORITHMS, type Algorithm, isAlgorithm } from '../jwt/algorithms.js';
import { MAX_TOKEN_LENGTH, parsePart } from '../jwt/compact-jws.js';
import { verifySignature } from '../jwt/signature.js';
import { fitsAlgorithm } from '../keys/key-fit.js';

/** How far ahead an assertion may expire, in seconds: stock clients take up to an hour. */
const MAX_LIFETIME = 61 * 60;

/** How far ahead of ours the clock of a client may be, in seconds. */
const MAX_AHEAD = 30;

/** RFC 8037 calls it EdDSA, RFC 9864 by the name of the curve. */
const ALIASES: Readonly<Record<string, Algorithm>> = { Ed25519: 'EdDSA' };

/** The algorithms that an assertion may be signed with, as the metadata names them. */
export const CLIENT_ALGORITHMS: readonly string[] = [
  ...Object.entries(ALGORITHMS)
    .filter(([, { shared }]) => !shared)
    .map(([name]) => name),
  ...Object.keys(ALIASES),
];

/** What an assertion says, of whoever made it: nothing is known of its signature yet. */
export interface ClientAssertion {
  readonly text: string;
  readonly algorithm: Algorithm;
  readonly keyId: string | undefined;
  /** Who it says to be. */
  readonly clientId: string;
  readonly id: string;
  /** Whole seconds since 1970, rounded up. */
  readonly expiresAt: number;
}

/**
 * Reads an assertion (RFC 7523 §3) and checks all but its signature.
 *
 * @param audiences the names by which this service is known; the assertion is for exactly one of them
 * @param now seconds since 1970
 * @returns `undefined` where it is not one that could be good
 */
export function readAssertion(
  text: string,
  audiences: readonly string[],
  now: number,
): ClientAssertion | undefined {
  if (text.length > MAX_TOKEN_LENGTH) return undefined;
  const [headerPart = '', claimsPart = '', signature = '', ...rest] = text.split('.');
  const header = parsePart(headerPart);
  const claims = parsePart(claimsPart);
  if (!header || !claims || rest.length > 0 || !/^[A-Za-z0-9_-]+$/.test(signature)) return undefined;
  const { alg, kid } = header;
  const algorithm = typeof alg === 'string' ? (ALIASES[alg] ?? alg) : undefined;
  if (!isAlgorithm(algorithm) || ALGORITHMS[algorithm].shared || Object.hasOwn(header, 'crit'))
    return undefined;
  if (kid !== undefined && typeof kid !== 'string') return undefined;
  const { iss, sub, aud, exp, jti } = claims;
  if (typeof iss !== 'string' || iss === '' || iss !== sub) return undefined;
  if (typeof jti !== 'string' || jti.trim() === '') return undefined;
  if (!isForOne(aud, audiences) || !isTimely(claims, now)) return undefined;
  return { text, algorithm, keyId: kid, clientId: iss, id: jti, expiresAt: Math.ceil(Number(exp)) };
}

function isForOne(aud: unknown, audiences: readonly string[]): boolean {
  const only: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  return typeof only === 'string' && audiences.includes(only);
}

function isTimely({ exp, iat, nbf }: Record<string, unknown>, now: number): boolean {
  const isStart = (time: unknown): boolean =>
    time === undefined || (typeof time === 'number' && time <= now + MAX_AHEAD);
  return typeof exp === 'number' && exp > now && exp <= now + MAX_LIFETIME && isStart(iat) && isStart(nbf);
}

/** @returns whether a key of the client made the signature */
export function isSignedBy(client: Client | undefined, assertion: ClientAssertion): boolean {
  const { text, algorithm, keyId } = assertion;
  const keys = (client?.jwks?.keys ?? []).filter(
    ({ kid, alg }) =>
      (keyId === undefined || kid === keyId) && (alg === undefined || (ALIASES[alg] ?? alg) === algorithm),
  );
  const candidates = keys.map(keyObjectOf).filter((key) => fitsAlgorithm(key, algorithm));
  if (candidates.length === 0) {
    const nobodys = NOBODYS_KEYS[algorithm];
    if (nobodys) verifySignature(text, algorithm, nobodys);
    return false;
  }
  return candidates.some((key) => verifySignature(text, algorithm, key));
}

const newKey = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).publicKey;

/** A key whose private part nobody knows, not even this process: any odd number serves to verify in vain. */
function keyOfNobody(): KeyObject {
  const modulus = randomBytes(256);
  modulus[0] = 0xff;
  modulus[255] = 0x01;
  const key = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' };
  return createPublicKey({ key, format: 'jwk' });
}

const nobodysRsa = keyOfNobody();

/** Stand for the keys of a client that is not there, so that looking for them takes as long. */
const NOBODYS_KEYS: Readonly<Partial<Record<Algorithm, KeyObject>>> = {
  RS256: nobodysRsa,
  PS256: nobodysRsa,
  ES256: newKey('P-256'),
  ES384: newKey('P-384'),
  EdDSA: generateKeyPairSync('ed25519').publicKey,
};

const keyObjects = new WeakMap<object, KeyObject>();

function keyObjectOf(jwk: object): KeyObject {
  let key = keyObjects.get(jwk);
  if (!key) {
    key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    keyObjects.set(jwk, key);
  }
  return key;
}

/** What a used assertion is remembered by. */
export function assertionKey({ clientId, id }: ClientAssertion): string {
  return createHash('sha256')
    .update(JSON.stringify([clientId, id]))
    .digest('base64url');
}
