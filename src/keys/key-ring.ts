import { ALGORITHMS, type Algorithm } from '../jwt/algorithms.js';
import type { KeyCandidates, VerificationKey, VerificationKeys } from '../jwt/judge-token.js';
import { SharedKey } from './shared-key.js';

/** What a key ring is made of. */
export interface KeyRingOptions {
  /** The first signs, all are accepted. */
  readonly algorithms: readonly Algorithm[];
  /** The shared secret that signs. */
  readonly secret: string;
  /** Former secrets: they still verify, and never sign. */
  readonly previousSecrets: readonly string[];
}

/** The keys that are live: one signs, all verify. Made once, at the start. */
export class KeyRing implements VerificationKeys {
  readonly signing: SharedKey;
  private readonly byAlgorithm = new Map<Algorithm, readonly SharedKey[]>();
  private readonly candidatesByKeyId = new Map<string, KeyCandidates>();

  /** @throws {RangeError} where no algorithm is given */
  constructor({ algorithms, secret, previousSecrets }: KeyRingOptions) {
    for (const algorithm of algorithms) {
      const keys = [secret, ...previousSecrets].map((text) => new SharedKey(text, algorithm));
      this.byAlgorithm.set(algorithm, keys);
      for (const key of keys) this.candidatesByKeyId.set(key.id, { keys: [key], keyIdKnown: true });
    }
    const signing = algorithms[0] && this.byAlgorithm.get(algorithms[0])?.[0];
    if (!signing) throw new RangeError('A key ring needs an algorithm to sign with');
    this.signing = signing;
  }

  /**
   * A token with a known key id is tried with that key alone. Other services mint tokens with the shared secret and
   * know no key id of ours, so for a shared algorithm a missing or unknown one means: try every secret.
   */
  candidates(algorithm: Algorithm, keyId: string | undefined): KeyCandidates {
    const named = keyId === undefined ? undefined : this.candidatesByKeyId.get(keyId);
    if (named) return named.keys[0]?.algorithm === algorithm ? named : { keys: [], keyIdKnown: true };
    const keys: readonly VerificationKey[] = ALGORITHMS[algorithm].shared
      ? (this.byAlgorithm.get(algorithm) ?? [])
      : [];
    return { keys, keyIdKnown: false };
  }
}
