import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import type { Algorithm } from '../jwt/algorithms.js';
import { readPublicKey } from '../jwt/public-key.js';
import { isJsonObject, parseStrictJson } from '../encoding/strict-json.js';
import { PrivateKey, publicJwk } from './private-key.js';

/** The labels of encrypted keys: RFC 7468 §11, and the older form that OpenSSL writes. */
const ENCRYPTED = /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/**
 * Reads a private key that the operator provides: PEM, or one JWK.
 *
 * @param text PEM or JSON
 * @param algorithms the configured asymmetric ones: the key signs with the first of them that fits it
 * @returns the key, or what is wrong with it, as a predicate that quotes no part of the key
 */
export function readImportedKey(text: string, algorithms: readonly Algorithm[]): PrivateKey | string {
  const jwk = text.trimStart().startsWith('{') ? parseStrictJson(text) : undefined;
  if (jwk !== undefined && isJsonObject(jwk) && Array.isArray(jwk['keys'])) {
    return 'is a JWK Set; give one key a file';
  }
  if (ENCRYPTED.test(text))
    return 'is encrypted; give it without a passphrase, for the service alone to read';
  const key = privateKeyOf(text, jwk);
  if (!key) return 'is not a private key in PEM or JWK';
  const checked = readPublicKey(isJsonObject(jwk) ? jwk : publicParameters(key), 'sign');
  if (typeof checked === 'string') return fitsNone(algorithms, checked);
  const algorithm = algorithms.find((each) => checked.algorithms.includes(each));
  if (!algorithm) return fitsNone(algorithms, `is for ${checked.algorithms.join(', ')}`);
  return isPair(key, checked.key)
    ? new PrivateKey(publicJwk(key, algorithm), key)
    : 'has a private and a public part that do not match';
}

const fitsNone = (algorithms: readonly Algorithm[], reason: string): string =>
  `fits none of the asymmetric algorithms in force (${algorithms.join(', ') || 'none'}): it ${reason}`;

function privateKeyOf(text: string, jwk: unknown): KeyObject | undefined {
  try {
    return isJsonObject(jwk)
      ? createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' })
      : createPrivateKey(text);
  } catch {
    return undefined;
  }
}

/** The public parameters of a key; empty if a JWK cannot represent the key, such as an RSA-PSS key. */
function publicParameters(key: KeyObject): JsonWebKey {
  try {
    return createPublicKey(key).export({ format: 'jwk' });
  } catch {
    return {};
  }
}

/**
 * Whether the private and the public part belong together. OpenSSL does not check that for a JWK, and no one
 * could verify tokens of a mismatched pair.
 */
function isPair(key: KeyObject, publicKey: KeyObject): boolean {
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const input = Buffer.from('identity-backend');
  try {
    return verify(hash, input, publicKey, sign(hash, input, key));
  } catch {
    return false;
  }
}
