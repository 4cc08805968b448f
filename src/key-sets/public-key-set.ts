import type { Algorithm } from '../jwt/algorithms.js';
import type { KeyCandidates, VerificationKey, VerificationKeys } from '../jwt/verify-token.js';
import { readPublicKey } from '../jwt/public-key.js';
import { KeyObjectVerificationKey } from '../jwt/verification-key.js';

/** The most keys that are read from a set: a token without a key ID is never tried with more. */
const MAX_KEYS = 100;

/** The public keys of an issuer at one time. Immutable. */
export class PublicKeySet implements VerificationKeys {
  static readonly EMPTY = new PublicKeySet(new Map());

  private readonly keys: readonly VerificationKey[];

  /** @param byText the keys, by the text of their JWK */
  private constructor(private readonly byText: ReadonlyMap<string, VerificationKey>) {
    this.keys = [...byText.values()];
  }

  /**
   * Reads the keys of a JWK Set. An entry that is not a public key for an accepted algorithm is skipped, as
   * RFC 7517 §5 recommends. Keys of the previous set are reused.
   */
  static read(
    jwks: readonly unknown[],
    accepted: readonly Algorithm[],
    previous: PublicKeySet,
  ): PublicKeySet {
    const byText = new Map<string, VerificationKey>();
    for (const jwk of jwks.slice(0, MAX_KEYS)) {
      const text = JSON.stringify(jwk);
      const key = previous.byText.get(text) ?? readKey(jwk, accepted);
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

/**
 * A key verifies one algorithm: the one that it names, otherwise the first accepted one of its type (RFC 8725
 * §3.1).
 */
function readKey(jwk: unknown, accepted: readonly Algorithm[]): VerificationKey | undefined {
  const read = readPublicKey(jwk);
  if (typeof read === 'string') return undefined;
  const algorithm = read.algorithms.find((each) => accepted.includes(each));
  return algorithm && new KeyObjectVerificationKey(read.id ?? '', algorithm, read.key);
}
