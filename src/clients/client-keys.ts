import { type PublicKey, readPublicKey, readPublicKeySet } from '../jwt/public-key.js';
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

/** The keys of one registered set: those that pass every check of today, and why the others do not. */
interface CheckedKeys {
  readonly usable: readonly PublicKey[];
  readonly faults: readonly Omit<UnusableKey, 'clientId'>[];
}

type KeySet = NonNullable<Client['jwks']>;

/** Keys are checked and made once, while their client is held in memory. */
const checkedSets = new WeakMap<KeySet, CheckedKeys>();

/**
 * The keys that a client may authenticate itself with. A set that was registered under weaker rules is neither refused nor
 * changed: the client can still be shown and changed, and the keys that fail now are passed over.
 */
export function usableKeys(client: Client | undefined): readonly PublicKey[] {
  return client?.jwks ? checkedKeys(client.jwks).usable : [];
}

/** The registered keys of a client that {@link usableKeys} passes over. */
export function unusableKeys({ id, jwks }: Client): readonly UnusableKey[] {
  return jwks ? checkedKeys(jwks).faults.map((fault) => ({ clientId: id, ...fault })) : [];
}

function checkedKeys(jwks: KeySet): CheckedKeys {
  let checked = checkedSets.get(jwks);
  if (!checked) {
    checked = checkKeys(jwks.keys);
    checkedSets.set(jwks, checked);
  }
  return checked;
}

function checkKeys(jwks: readonly unknown[]): CheckedKeys {
  const keys = jwks.map((jwk) => readPublicKey(jwk));
  const ids = keys.map((key) => (typeof key === 'string' ? undefined : key.id));
  // Which of two keys of one kid is meant cannot be said.
  const isRepeated = (id: string | undefined): boolean =>
    id !== undefined && ids.indexOf(id) !== ids.lastIndexOf(id);
  const usable: PublicKey[] = [];
  const faults: Omit<UnusableKey, 'clientId'>[] = [];
  for (const [index, key] of keys.entries()) {
    if (typeof key === 'string') faults.push({ index, fault: key });
    else if (isRepeated(key.id)) faults.push({ index, fault: 'has the kid of another key of the set' });
    else usable.push(key);
  }
  return { usable, faults };
}
