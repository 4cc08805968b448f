import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Algorithm, ALGORITHMS } from '../../src/jwt/algorithms.js';
import { PrivateKey, publicJwk } from '../../src/keys/private-key.js';

/** The algorithms that have a public key. */
export const ASYMMETRIC = (Object.keys(ALGORITHMS) as Algorithm[]).filter((name) => !ALGORITHMS[name].shared);

const MADE = new Map<string, KeyObject>();

/** A private key for an algorithm. RSA keys are slow to generate, so tests share keys by name. */
export function privateKeyFor(algorithm: Algorithm, name = ''): KeyObject {
  const { type = 'rsa', curve } = ALGORITHMS[algorithm].keyPair ?? {};
  const known = `${type} ${curve} ${name}`;
  const key = MADE.get(known) ?? makePrivateKey(type, curve);
  MADE.set(known, key);
  return key;
}

function makePrivateKey(type: 'rsa' | 'ec' | 'ed25519', curve = ''): KeyObject {
  if (type === 'ec') return generateKeyPairSync('ec', { namedCurve: curve }).privateKey;
  if (type === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

/** The same key as a {@link PrivateKey}, which signs. */
export function signingKeyFor(algorithm: Algorithm, name = ''): PrivateKey {
  const key = privateKeyFor(algorithm, name);
  return new PrivateKey(publicJwk(key, algorithm), key);
}

export function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
