import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { ALGORITHMS, isAlgorithm } from '../jwt/algorithms.js';
import { isJsonObject } from '../jwt/strict-json.js';
import { fitsAlgorithm } from '../keys/key-fit.js';

const MAX_KEYS = 10;

/** What a private or a shared key has and a public one lacks (RFC 7518 §6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * Whether the value is a set of 1 to 10 public keys that a client can sign assertions with: RSA from 2048 bits, P-256,
 * P-384 or Ed25519.
 */
export function isClientKeySet(value: unknown): boolean {
  if (!isJsonObject(value) || !Array.isArray(value['keys'])) return false;
  const keys: readonly unknown[] = value['keys'];
  return keys.length > 0 && keys.length <= MAX_KEYS && keys.every(isPublicKey);
}

function isPublicKey(jwk: unknown): boolean {
  if (!isJsonObject(jwk) || PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return false;
  if (jwk['kid'] !== undefined && typeof jwk['kid'] !== 'string') return false;
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return false;
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    return Object.keys(ALGORITHMS).some((name) => isAlgorithm(name) && fitsAlgorithm(key, name));
  } catch {
    return false;
  }
}
