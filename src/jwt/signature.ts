import { constants, createHmac, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Algorithm } from './algorithms.js';
import { Semaphore } from '../concurrency/semaphore.js';

/** How `node:crypto` computes an algorithm of RFC 7518 §3 or RFC 8037 §3.1. */
interface Computation {
  /** Name of the hash; `undefined` if the algorithm brings its own. */
  readonly hash: string | undefined;
  /** Options passed with the key; `undefined` if the key is a shared secret. */
  readonly options?: Readonly<Record<string, unknown>>;
}

const COMPUTATIONS: Readonly<Record<Algorithm, Computation>> = {
  HS256: { hash: 'sha256' },
  HS384: { hash: 'sha384' },
  HS512: { hash: 'sha512' },
  RS256: { hash: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } },
  PS256: {
    hash: 'sha256',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
  // JWS concatenates the two numbers of an ECDSA signature (RFC 7518 §3.4) instead of using DER.
  ES256: { hash: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  ES384: { hash: 'sha384', options: { dsaEncoding: 'ieee-p1363' } },
  EdDSA: { hash: undefined, options: {} },
};

/**
 * @param key a secret for HS*, otherwise a public key; of the type that the algorithm requires
 * @returns whether the key made the signature of the compact JWS (RFC 7515 §5.2)
 */
export function verifySignature(token: string, algorithm: Algorithm, key: KeyObject): boolean {
  const dot = token.lastIndexOf('.');
  const input = token.slice(0, dot);
  const signature = token.slice(dot + 1);
  const { hash, options } = COMPUTATIONS[algorithm];
  // HMACs are compared as text: canonical base64url is unique, and Node makes a digest as text in half the
  // time.
  if (!options) return isSame(signBySecret(input, algorithm, key), signature);
  return verify(hash, Buffer.from(input), { key, ...options }, Buffer.from(signature, 'base64url'));
}

/** Compares in constant time. */
function isSame(one: string, other: string): boolean {
  const bytes = Buffer.from(one);
  const others = Buffer.from(other);
  return bytes.length === others.length && timingSafeEqual(bytes, others);
}

/** @returns the signature of a compact JWS's signing input by a shared secret, in base64url */
export function signBySecret(input: string, algorithm: Algorithm, secret: KeyObject): string {
  const { hash = '' } = COMPUTATIONS[algorithm];
  return createHmac(hash, secret).update(input).digest('base64url');
}

/**
 * The most concurrent RSA signatures. More of them than processors would only take time from the event loop,
 * and one of the four threads in Node's pool is left to the database and to files.
 */
const RSA_AT_ONCE = Math.min(3, availableParallelism());

/** The most signatures that wait: about one second's worth for one processor. */
const MOST_WAITING = 1_000;

const rsaSemaphore = new Semaphore(RSA_AT_ONCE, MOST_WAITING);

/**
 * Signs with a private key. An RSA signature takes as long as about ten requests, so it runs on Node's thread
 * pool; a signature of any other algorithm takes less time than the hand-over would.
 *
 * @param input the signing input of a compact JWS
 * @returns the signature in base64url; for RSA a promise, which rejects with {@link QueueFull} under overload
 */
export function signByPrivateKey(
  input: string,
  algorithm: Algorithm,
  key: KeyObject,
): string | Promise<string> {
  if (key.asymmetricKeyType !== 'rsa') return signByPrivateKeySync(input, algorithm, key);
  const { hash, options } = COMPUTATIONS[algorithm];
  return rsaSemaphore.run(
    () =>
      new Promise((resolve, reject) => {
        sign(hash, Buffer.from(input), { key, ...options }, (error, signature) => {
          if (error) reject(error);
          else resolve(signature.toString('base64url'));
        });
      }),
  );
}

/** As {@link signByPrivateKey}, but on this thread for every algorithm. */
export function signByPrivateKeySync(input: string, algorithm: Algorithm, key: KeyObject): string {
  const { hash, options } = COMPUTATIONS[algorithm];
  return sign(hash, Buffer.from(input), { key, ...options }).toString('base64url');
}
