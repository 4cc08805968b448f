import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { isJsonObject } from '../jwt/strict-json.js';

const MAX_KEYS = 10;
const LEAST_RSA_BITS = 2048;

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
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({
      key: jwk as JsonWebKey,
      format: 'jwk',
    });
    if (asymmetricKeyType === 'rsa') return (asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_RSA_BITS;
    if (asymmetricKeyType === 'ec') return jwk['crv'] === 'P-256' || jwk['crv'] === 'P-384';
    return asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}
