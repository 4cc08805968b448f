import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { type Algorithm, ALGORITHMS, algorithmNamed } from './algorithms.js';
import { canonicalBytes } from './compact-jws.js';
import { isEd25519Key } from './ed25519-point.js';
import { isJsonObject } from '../encoding/strict-json.js';

/** Bounds of an RSA modulus in bits (RFC 7518 §3.3): the time of a verification grows with its square. */
const RSA_BITS = { least: 2048, most: 8192 } as const;

/** Bounds of an RSA public exponent (FIPS 186-5 §A.1.1): with an exponent of 1, anyone can sign. */
const EXPONENT = { over: 2 ** 16, under: 2 ** 32 } as const;

/** Length of a coordinate in bytes. RFC 7518 §6.2.1.2 requires all of them, leading zeros included. */
const COORDINATE_BYTES: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48 };

/** Parameters that only a private or a shared key has (RFC 7518 §6, RFC 8037 §2). */
const PRIVATE_PARAMETERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The most keys in a set. */
const MAX_KEYS = 10;

/** A public key that passed every check, and the algorithms it may be used with. */
export interface PublicKey {
  readonly id: string | undefined;
  readonly key: KeyObject;
  /** The algorithms that fit its type; only the one in `alg`, if the JWK has it. */
  readonly algorithms: readonly Algorithm[];
}

/** What a JWK is used for (RFC 7517 §4.3). Only a JWK that signs may have private parameters. */
export type KeyOperation = 'sign' | 'verify';

/**
 * Checks and imports a key from any source. With a key that is too short, or has a degenerate exponent or
 * point, anyone can sign in its owner's name; verifying with one that is too long takes too much time.
 *
 * @param operation `sign` for the public parameters of a private JWK
 * @returns the key, or what is wrong with it, as a predicate that quotes no part of the key
 */
export function readPublicKey(jwk: unknown, operation: KeyOperation = 'verify'): PublicKey | string {
  if (!isJsonObject(jwk)) return 'is not a JSON object';
  const fault = purposeFault(jwk, operation) ?? materialFault(jwk);
  if (fault !== undefined) return fault;
  const algorithms = fittingAlgorithms(jwk);
  if (algorithms.length === 0) return 'names an alg that does not fit it';
  try {
    const key = createPublicKey({ key: publicParameters(jwk), format: 'jwk' });
    return { id: typeof jwk['kid'] === 'string' ? jwk['kid'] : undefined, key, algorithms };
  } catch {
    return 'is not a valid public key: its point is not on the curve';
  }
}

/**
 * Checks a JWK Set (RFC 7517 §5). One bad key rejects the whole set: a single key that anyone can sign with is
 * enough.
 *
 * @param maxKeys the most keys that it may hold
 * @returns the keys, or a predicate that says what is wrong, and with which key
 */
export function readPublicKeySet(value: unknown, maxKeys = MAX_KEYS): readonly PublicKey[] | string {
  const jwks: unknown = isJsonObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(jwks)) return 'must be a JWK Set: an object with an array named keys';
  if (jwks.length === 0 || jwks.length > maxKeys) return `must hold 1 to ${maxKeys} keys`;
  const keys: PublicKey[] = [];
  for (const [index, jwk] of jwks.entries()) {
    const key = readPublicKey(jwk);
    if (typeof key === 'string') return `keys[${index}] ${key}`;
    if (key.id !== undefined && keys.some(({ id }) => id === key.id)) {
      return `keys[${index}] has the kid of another key of the set`;
    }
    keys.push(key);
  }
  return keys;
}

/** Whether a JWK has a parameter that only its owner may know. */
export function hasPrivateParameter(jwk: object): boolean {
  return PRIVATE_PARAMETERS.some((name) => Object.hasOwn(jwk, name));
}

function purposeFault(jwk: Jwk, operation: KeyOperation): string | undefined {
  const { kid, use, key_ops: operations } = jwk;
  if (operation === 'verify' && hasPrivateParameter(jwk)) {
    return 'has a private parameter: send the public key alone, and replace this one, which others may have seen';
  }
  if (kid !== undefined && typeof kid !== 'string') return 'has a kid that is not a string';
  if (use !== undefined && use !== 'sig') return 'has a use other than sig';
  if (operations === undefined) return undefined;
  const isAllowed =
    Array.isArray(operations) &&
    operations.every((each) => typeof each === 'string') &&
    new Set(operations).size === operations.length &&
    operations.includes(operation);
  return isAllowed ? undefined : `has key_ops that do not allow ${operation}`;
}

/** Checks that cost little, before OpenSSL reads the key. */
function materialFault(jwk: Jwk): string | undefined {
  switch (jwk['kty']) {
    case 'RSA':
      return rsaFault(jwk);
    case 'EC':
      return ecFault(jwk);
    case 'OKP':
      return okpFault(jwk);
    default:
      return 'has a kty other than RSA, EC or OKP';
  }
}

function rsaFault({ n, e }: Jwk): string | undefined {
  const modulus = numberOf(n, RSA_BITS.most / 8);
  if (modulus === undefined) return 'has an RSA modulus that is not a canonical number of at most 8192 bits';
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < RSA_BITS.least) return 'has an RSA modulus of less than 2048 bits';
  if (((modulus.at(-1) ?? 0) & 1) === 0) return 'has an even RSA modulus';
  const exponent = numberOf(e, 4)?.reduce((value, byte) => value * 256 + byte, 0) ?? 0;
  return exponent > EXPONENT.over && exponent < EXPONENT.under && exponent % 2 === 1
    ? undefined
    : 'has an RSA public exponent that is not an odd number over 2^16 and under 2^32';
}

function ecFault({ crv, x, y }: Jwk): string | undefined {
  const size = typeof crv === 'string' && Object.hasOwn(COORDINATE_BYTES, crv) ? COORDINATE_BYTES[crv] : 0;
  if (!size) return 'has a curve other than P-256 and P-384';
  return [x, y].every((coordinate) => bytesOf(coordinate, size)?.length === size)
    ? undefined
    : `has a coordinate that is not canonical base64url of ${size} bytes`;
}

function okpFault({ crv, x }: Jwk): string | undefined {
  if (crv !== 'Ed25519') return 'has a curve other than Ed25519';
  const point = bytesOf(x, 32);
  if (point?.length !== 32) return 'has an x that is not canonical base64url of 32 bytes';
  return isEd25519Key(point)
    ? undefined
    : 'has a point that is not on the curve, or with which anyone can sign';
}

/** Decodes a Base64urlUInt, which has no leading zero bytes (RFC 7518 §2). */
function numberOf(text: unknown, maxBytes: number): Buffer | undefined {
  const bytes = bytesOf(text, maxBytes);
  return bytes?.[0] === 0 ? undefined : bytes;
}

/** Decodes canonical base64url, unless it is longer than `maxBytes` would be. */
function bytesOf(text: unknown, maxBytes: number): Buffer | undefined {
  if (typeof text !== 'string' || text.length > Math.ceil((maxBytes * 4) / 3)) return undefined;
  return canonicalBytes(text);
}

/**
 * The algorithms that a JWK may be used with: those of its type and curve, or the one it names. Its key
 * material is not checked.
 */
export function fittingAlgorithms({ kty, crv, alg }: Readonly<Record<string, unknown>>): Algorithm[] {
  const named = alg === undefined ? undefined : algorithmNamed(alg);
  if (alg !== undefined && named === undefined) return [];
  const fitting = (Object.keys(ALGORITHMS) as Algorithm[]).filter((name) => {
    const kind = ALGORITHMS[name].keyPair?.jwk;
    return kind !== undefined && kind.kty === kty && (kind.crv === undefined || kind.crv === crv);
  });
  return named === undefined ? fitting : fitting.filter((name) => name === named);
}

const publicParameters = ({ kty, crv, n, e, x, y }: Jwk): JsonWebKey =>
  Object.fromEntries(Object.entries({ kty, crv, n, e, x, y }).filter(([, value]) => value !== undefined));

type Jwk = Readonly<Record<string, unknown>>;
