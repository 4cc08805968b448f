import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { Algorithm } from '../jwt/algorithms.js';
import type { KeyCandidates, VerificationKey, VerificationKeys } from '../jwt/judge-token.js';
import { isJsonObject } from '../jwt/strict-json.js';
import { KeyObjectVerificationKey } from '../jwt/verification-key.js';

/** How many keys of a set are read, so that a token without a key id is never tried with more. */
const MAX_KEYS = 100;

/** The algorithms that a key of each type can verify; a key that names none verifies the first that is accepted. */
const ALGORITHMS_OF_TYPE: Readonly<Record<string, readonly Algorithm[]>> = {
  RSA: ['RS256', 'PS256'],
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'OKP Ed25519': ['EdDSA'],
};

/** Members that only a secret or a private key has (RFC 7518 §6, RFC 8037 §2). Who publishes one has lost the key. */
const CONFIDENTIAL = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** Least length of an RSA modulus, in bits (RFC 7518 §3.3). */
const MIN_RSA_BITS = 2048;

type Jwk = Readonly<Record<string, unknown>>;

/** The public keys of an issuer at one time. Never changes. */
export class PublicKeySet implements VerificationKeys {
  static readonly EMPTY = new PublicKeySet(new Map());

  private readonly keys: readonly VerificationKey[];

  /** @param byText the keys, by the text of their JWK */
  private constructor(private readonly byText: ReadonlyMap<string, VerificationKey>) {
    this.keys = [...byText.values()];
  }

  /**
   * Reads the members of a JWK Set. What is not a public key for signatures of an accepted algorithm is left out, as
   * RFC 7517 §5 asks; keys that the former set holds are taken over from it.
   */
  static read(jwks: readonly unknown[], accepted: readonly Algorithm[], former: PublicKeySet): PublicKeySet {
    const byText = new Map<string, VerificationKey>();
    for (const jwk of jwks.slice(0, MAX_KEYS)) {
      const text = JSON.stringify(jwk);
      const key = former.byText.get(text) ?? (isJsonObject(jwk) ? readKey(jwk, accepted) : undefined);
      if (key) byText.set(text, key);
    }
    return new PublicKeySet(byText);
  }

  candidates(algorithm: Algorithm, keyId: string | undefined): KeyCandidates {
    const named = keyId === undefined ? this.keys : this.keys.filter(({ id }) => id === keyId);
    return {
      keys: named.filter((key) => key.algorithm === algorithm),
      keyIdKnown: keyId !== undefined && named.length > 0,
    };
  }
}

function readKey(jwk: Jwk, accepted: readonly Algorithm[]): VerificationKey | undefined {
  const algorithm = algorithmOf(jwk, accepted);
  if (!algorithm || !isForSignatures(jwk) || CONFIDENTIAL.some((name) => Object.hasOwn(jwk, name))) {
    return undefined;
  }
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const bits = key.asymmetricKeyDetails?.modulusLength;
    if (bits !== undefined && bits < MIN_RSA_BITS) return undefined;
    return new KeyObjectVerificationKey(typeof jwk['kid'] === 'string' ? jwk['kid'] : '', algorithm, key);
  } catch {
    return undefined;
  }
}

/** The one algorithm that a key verifies: the one that it names, else that of its type (RFC 8725 §3.1). */
function algorithmOf({ kty, crv, alg }: Jwk, accepted: readonly Algorithm[]): Algorithm | undefined {
  const type = [kty, crv].filter((part) => typeof part === 'string').join(' ');
  const possible = Object.hasOwn(ALGORITHMS_OF_TYPE, type) ? ALGORITHMS_OF_TYPE[type] : undefined;
  return possible?.find((each) => accepted.includes(each) && (alg === undefined || alg === each));
}

function isForSignatures({ use, key_ops: operations }: Jwk): boolean {
  const mayVerify = operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
  return mayVerify && (use === undefined || use === 'sig');
}
