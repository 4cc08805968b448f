import type { Algorithm } from '../jwt/algorithms.js';
import { fittingAlgorithms, type PublicKey, readPublicKey, readPublicKeySet } from '../jwt/public-key.js';
import { isJsonObject } from '../encoding/strict-json.js';
import type { Client } from './client.js';

/** Whether the value is a set of 1 to 10 public keys that a client may register. */
export function isClientKeySet(value: unknown): boolean {
  return typeof readPublicKeySet(value) !== 'string';
}

/** @returns why a value is not a set of keys that a client may register; empty if it is one */
export function clientKeySetFault(value: unknown): string {
  const keys = readPublicKeySet(value);
  return typeof keys === 'string' ? keys : '';
}

/** A registered key that cannot be used. */
export interface UnusableKey {
  readonly clientId: string;
  /** Its index in the set, counted from 0. */
  readonly index: number;
  /** Why it cannot be used, to follow the name of the key. */
  readonly fault: string;
}

/** Which keys of a client to find. */
export interface KeyQuery {
  readonly algorithm: Algorithm;
  /** The `kid` to match; `undefined` for any. */
  readonly keyId: string | undefined;
  /** The maximum number of keys to return. */
  readonly most: number;
}

/**
 * The first keys with which a client may authenticate. A set that was registered under weaker rules is
 * neither rejected nor changed: the client can still be read and changed, and keys that fail the current
 * checks are skipped.
 */
export function usableKeys(client: Client | undefined, { algorithm, keyId, most }: KeyQuery): PublicKey[] {
  const jwks: readonly unknown[] = client?.jwks?.keys ?? [];
  const found: PublicKey[] = [];
  for (const jwk of jwks) {
    if (found.length === most) break;
    // Checking a point takes as long as verifying a signature, so only keys that may match are checked.
    if (!isJsonObject(jwk) || (keyId !== undefined && jwk['kid'] !== keyId)) continue;
    if (!fittingAlgorithms(jwk).includes(algorithm)) continue;
    const key = checkedKey(jwks, jwk);
    if (typeof key !== 'string') found.push(key);
  }
  return found;
}

/** The registered keys of a client that {@link usableKeys} skips. */
export function unusableKeys({ id, jwks }: Client): UnusableKey[] {
  const keys: readonly unknown[] = jwks?.keys ?? [];
  return keys.flatMap((jwk, index) => {
    const key = checkedKey(keys, jwk);
    return typeof key === 'string' ? [{ clientId: id, index, fault: key }] : [];
  });
}

/** The checked keys by their JWK. Each key is checked only once while its client is held in memory. */
const checkedKeys = new WeakMap<object, PublicKey | string>();

function checkedKey(set: readonly unknown[], jwk: unknown): PublicKey | string {
  if (!isJsonObject(jwk)) return readPublicKey(jwk);
  const checked = checkedKeys.get(jwk) ?? (isRepeated(set, jwk) ? REPEATED : readPublicKey(jwk));
  checkedKeys.set(jwk, checked);
  return checked;
}

const REPEATED = 'has the kid of another key of the set';

/** Whether another key of the set has the same `kid`: an assertion that names it would be ambiguous. */
function isRepeated(set: readonly unknown[], { kid }: Record<string, unknown>): boolean {
  return kid !== undefined && set.filter((other) => isJsonObject(other) && other['kid'] === kid).length > 1;
}
