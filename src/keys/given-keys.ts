import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { Algorithm } from '../jwt/algorithms.js';
import { isJsonObject, parseStrictJson } from '../jwt/strict-json.js';
import { fitsAlgorithm } from './key-fit.js';
import { PrivateKey, publicJwk } from './private-key.js';

/** RFC 7468 §11, and the header of the older form that OpenSSL writes. */
const ENCRYPTED = /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/**
 * Reads a private key that the operator gives: PEM, or one JWK.
 *
 * @param text of the file
 * @param algorithms the asymmetric ones in force; the key is for the first of them that it fits
 * @returns the key, or in words for the operator why it is none; never with a part of it
 */
export function readGivenKey(text: string, algorithms: readonly Algorithm[]): PrivateKey | string {
  const jwk = text.trimStart().startsWith('{') ? parseStrictJson(text) : undefined;
  if (jwk !== undefined && isJsonObject(jwk) && Array.isArray(jwk['keys'])) {
    return 'is a JWK Set; give one key a file';
  }
  if (ENCRYPTED.test(text))
    return 'is encrypted; give it without a passphrase, for the service alone to read';
  const key = privateKeyOf(text, jwk);
  if (!key) return 'is not a private key in PEM or JWK';
  const named = isJsonObject(jwk) ? jwk['alg'] : undefined;
  const fitting = algorithms.filter((algorithm) => named === undefined || named === algorithm);
  const algorithm = fitting.find((each) => fitsAlgorithm(key, each));
  if (!algorithm) {
    return `fits none of the asymmetric algorithms in force (${algorithms.join(', ') || 'none'}): RSA needs 2048 bits, ES256 the curve P-256, ES384 P-384, EdDSA Ed25519`;
  }
  return new PrivateKey(publicJwk(key, algorithm), key);
}

function privateKeyOf(text: string, jwk: unknown): KeyObject | undefined {
  try {
    return isJsonObject(jwk)
      ? createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' })
      : createPrivateKey(text);
  } catch {
    return undefined;
  }
}
