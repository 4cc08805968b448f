import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { ALGORITHMS, type Algorithm } from '../jwt/algorithms.js';
import { signByPrivateKey } from '../jwt/signature.js';

/** A key that signs tokens in tests. */
export interface TestKey {
  readonly id: string;
  readonly algorithm: Algorithm;
  /** @returns the signature of a signing input, in base64url */
  sign(input: string): string | Promise<string>;
  /** The public key as it is published; `undefined` for a shared secret. */
  readonly jwk: Readonly<Record<string, unknown>> | undefined;
  /** The public key in PEM; empty for a shared secret. */
  readonly pem: string;
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const rsa = (): KeyPair => generateKeyPairSync('rsa', { modulusLength: 2048 });

const PAIRS: Readonly<Partial<Record<Algorithm, () => KeyPair>>> = {
  RS256: rsa,
  PS256: rsa,
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

/**
 * Generates a key.
 *
 * @param secret for HS*; generated if omitted
 */
export function makeTestKey(algorithm: Algorithm, secret?: string): TestKey {
  const pair = PAIRS[algorithm]?.();
  return pair ? pairKey(algorithm, pair) : secretKey(algorithm, secret ?? makeSecret(algorithm));
}

/** @returns a random secret of at least the length that the algorithm requires */
export function makeSecret(algorithm: Algorithm): string {
  return randomBytes(ALGORITHMS[algorithm].leastSecretBytes).toString('base64url');
}

/** @returns the MAC of a signing input with HS256, HS384 or HS512 (RFC 7518 §3.2), in base64url */
export function mac(input: string, algorithm: Algorithm, secret: string): string {
  return createHmac(`sha${algorithm.slice(2)}`, secret)
    .update(input)
    .digest('base64url');
}

function secretKey(algorithm: Algorithm, secret: string): TestKey {
  const sign = (input: string): string => mac(input, algorithm, secret);
  return { id: randomUUID(), algorithm, sign, jwk: undefined, pem: '' };
}

function pairKey(algorithm: Algorithm, { publicKey, privateKey }: KeyPair): TestKey {
  const id = randomUUID();
  return {
    id,
    algorithm,
    sign: (input) => signByPrivateKey(input, algorithm, privateKey),
    jwk: { ...publicKey.export({ format: 'jwk' }), kid: id, use: 'sig', alg: algorithm },
    pem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}
