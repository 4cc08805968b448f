import { ALGORITHMS, type Algorithm } from '../jwt/algorithms.js';
import type { KeyCandidates, VerificationKey, VerificationKeys } from '../jwt/judge-token.js';
import type { OwnKeys } from './own-keys.js';
import { SharedKey } from './shared-key.js';
import type { SigningKey } from './signing-key.js';

/** What a key ring is made of. */
export interface KeyRingOptions {
  /** The service itself as an audience: its own keys sign for it, and no other. */
  readonly issuer: string;
  /** The first signs, all are accepted. */
  readonly algorithms: readonly Algorithm[];
  /** The shared secret that signs. */
  readonly secret: string;
  /** Former secrets: they still verify, and never sign. */
  readonly previousSecrets: readonly string[];
}

/** The keys that are live, and which audience each may sign for. */
export class KeyRing implements VerificationKeys {
  private readonly issuer: string;
  /** The key that signs, but for what is addressed to the service itself. */
  readonly signing: SharedKey;
  private readonly byAlgorithm = new Map<Algorithm, readonly SharedKey[]>();
  private readonly candidatesByKeyId = new Map<string, KeyCandidates>();

  /**
   * @param own the keys for what is addressed to the service itself; nothing is accepted there without them
   * @throws {RangeError} where no algorithm is given
   */
  constructor(
    { issuer, algorithms, secret, previousSecrets }: KeyRingOptions,
    private readonly own?: OwnKeys,
  ) {
    this.issuer = issuer;
    for (const algorithm of algorithms) {
      const keys = [secret, ...previousSecrets].map((text) => new SharedKey(text, algorithm));
      this.byAlgorithm.set(algorithm, keys);
      for (const key of keys) this.candidatesByKeyId.set(key.id, { keys: [key], keyIdKnown: true });
    }
    const signing = algorithms[0] && this.byAlgorithm.get(algorithms[0])?.[0];
    if (!signing) throw new RangeError('A key ring needs an algorithm to sign with');
    this.signing = signing;
  }

  /** @returns the key that signs for these audiences; `undefined` where there is none that may */
  signingFor(audiences: readonly string[]): SigningKey | undefined {
    return audiences.includes(this.issuer)
      ? audiences.length === 1
        ? this.own?.signing
        : undefined
      : this.signing;
  }

  /**
   * Everybody who verifies with the shared secret can also sign with it. What is addressed to this service itself
   * decides who administers it, so only its own keys are accepted there, and these nowhere else.
   */
  readonly allows = (audience: string, key: VerificationKey): boolean =>
    (audience === this.issuer) === (this.own?.all.some((own) => own === key) ?? false);

  /**
   * A token with a known key id is tried with that key alone. Other services mint tokens with the shared secret and
   * know no key id of ours, so for a shared algorithm a missing or unknown one means: try every secret. For an
   * asymmetric one, only a missing one does.
   */
  candidates(algorithm: Algorithm, keyId: string | undefined): KeyCandidates {
    const named = keyId === undefined ? undefined : this.named(keyId);
    if (named) return named.keys[0]?.algorithm === algorithm ? named : { keys: [], keyIdKnown: true };
    if (ALGORITHMS[algorithm].shared) {
      return { keys: this.byAlgorithm.get(algorithm) ?? [], keyIdKnown: false };
    }
    const own = keyId === undefined ? (this.own?.all ?? []) : [];
    return { keys: own.filter((key) => key.algorithm === algorithm), keyIdKnown: false };
  }

  private named(keyId: string): KeyCandidates | undefined {
    const shared = this.candidatesByKeyId.get(keyId);
    if (shared) return shared;
    const own = this.own?.all.find(({ id }) => id === keyId);
    return own && { keys: [own], keyIdKnown: true };
  }
}
