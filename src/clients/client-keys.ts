import type { Algorithm } from '../jwt/algorithms.js';
import { fittingAlgorithms, type PublicKey, readPublicKey, readPublicKeySet } from '../jwt/public-key.js';
import { isJsonObject } from '../encoding/strict-json.js';
import type { Client } from './client.js';

/** Whether the value is a set of 1 to 10 public keys that a client may be registered with. */
export function isClientKeySet(value: unknown): boolean {
  return typeof readPublicKeySet(value) !== 'string';
}

/** @returns in words why a value is no such set */
export function clientKeySetFault(value: unknown): string {
  const keys = readPublicKeySet(value);
  return typeof keys === 'string' ? keys : '';
}

/** A key of a client that is not used, though it is registered. */
export interface UnusableKey {
  readonly clientId: string;
  /** Its place in the set; the first is 0. */
  readonly index: number;
  readonly fault: string;
}

/** Which keys of a client are asked for. */
export interface KeyQuery {
  readonly algorithm: Algorithm;
  /** The `kid` of the one that is meant; `undefined` for any. */
  readonly keyId: string | undefined;
  /** How many are enough. */
  readonly most: number;
}

/**
 * The first keys that a client may authenticate itself with. A set that was registered under weaker rules is neither
 * refused nor changed: the client can still be shown and changed, and the keys that fail now are passed over.
 */
export function usableKeys(client: Client | undefined, { algorithm, keyId, most }: KeyQuery): PublicKey[] {
  const jwks: readonly unknown[] = client?.jwks?.keys ?? [];
  const found: PublicKey[] = [];
  for (const jwk of jwks) {
    if (found.length === most) break;
    // A point is checked as long as a signature is verified: only those of keys that may fit.
    if (!isJsonObject(jwk) || (keyId !== undefined && jwk['kid'] !== keyId)) continue;
    if (!fittingAlgorithms(jwk).includes(algorithm)) continue;
    const key = checkedKey(jwks, jwk);
    if (typeof key !== 'string') found.push(key);
  }
  return found;
}

/** The registered keys of a client that {@link usableKeys} passes over. */
export function unusableKeys({ id, jwks }: Client): UnusableKey[] {
  const keys: readonly unknown[] = jwks?.keys ?? [];
  return keys.flatMap((jwk, index) => {
    const key = checkedKey(keys, jwk);
    return typeof key === 'string' ? [{ clientId: id, index, fault: key }] : [];
  });
}

/** Keys are checked and made once, while their client is held in memory. */
const checkedKeys = new WeakMap<object, PublicKey | string>();

function checkedKey(set: readonly unknown[], jwk: unknown): PublicKey | string {
  if (!isJsonObject(jwk)) return readPublicKey(jwk);
  const checked = checkedKeys.get(jwk) ?? (isRepeated(set, jwk) ? REPEATED : readPublicKey(jwk));
  checkedKeys.set(jwk, checked);
  return checked;
}

const REPEATED = 'has the kid of another key of the set';

/** Which of two keys of one kid is meant cannot be said. */
function isRepeated(set: readonly unknown[], { kid }: Record<string, unknown>): boolean {
  return kid !== undefined && set.filter((other) => isJsonObject(other) && other['kid'] === kid).length > 1;
}
