import { ALGORITHMS, type Algorithm } from '../jwt/algorithms.js';
import { normalAudience } from '../jwt/audience.js';
import type { KeyCandidates, VerificationKey, VerificationKeys } from '../jwt/verify-token.js';
import type { KeyPurpose, PublicJwk } from './key-store.js';
import type { PrivateKey } from './private-key.js';
import { SharedKey } from './shared-key.js';
import type { SigningKey } from './signing-key.js';
import type { ManagedKeys } from './managed-keys.js';

/** Options of a key ring. */
export interface KeyRingOptions {
  /** The issuer of tokens. As an audience it is the service itself, for which only its own keys sign. */
  readonly issuer: string;
  /** The accepted algorithms, of which the first signs. Default in `TokenModule`: HS256. */
  readonly algorithms: readonly Algorithm[];
  /** The accepted algorithms of some audiences, in place of `algorithms`; the first signs. Default: none. */
  readonly audienceAlgorithms?: ReadonlyMap<string, readonly Algorithm[]> | undefined;
  /** The shared secret that signs. Required if one of the algorithms is an HMAC. */
  readonly secret?: string | undefined;
  /** Previous secrets, which still verify and never sign. Default: none. */
  readonly previousSecrets: readonly string[];
  /** Keys that the operator provides. The first of each algorithm signs, and all verify. Default: none. */
  readonly importedKeys?: readonly PrivateKey[] | undefined;
}

/** The current keys, and which audience each may sign for. */
export class KeyRing implements VerificationKeys {
  private readonly shared = new Map<Algorithm, readonly SharedKey[]>();
  private readonly imported: readonly PrivateKey[];
  private readonly fixedById: ReadonlyMap<string, SigningKey>;
  /** The issuer, and the algorithms by audience, in normal form: no other spelling evades a rule. */
  private readonly ownAudience: string;
  private readonly algorithmsByAudience: ReadonlyMap<string, readonly Algorithm[]>;

  /**
   * @param stored the keys that the service generates; without them, only shared secrets and imported keys
   *   sign and verify
   * @throws {RangeError} if there is no algorithm, or one that lacks its secret or private key
   */
  constructor(
    private readonly options: KeyRingOptions,
    private readonly stored?: ManagedKeys,
  ) {
    if (options.algorithms.length === 0) throw new RangeError('A key ring needs an algorithm to sign with');
    const { secret, previousSecrets, importedKeys = [], audienceAlgorithms = [] } = options;
    this.ownAudience = normalAudience(options.issuer);
    this.algorithmsByAudience = new Map(
      [...audienceAlgorithms].map(([audience, list]) => [normalAudience(audience), list]),
    );
    for (const algorithm of algorithmsInForce(options)) {
      if (!ALGORITHMS[algorithm].shared) {
        const hasKey = stored || importedKeys.some((key) => key.algorithm === algorithm);
        if (!hasKey) throw new RangeError(`${algorithm} needs a private key`);
        continue;
      }
      if (secret === undefined) throw new RangeError(`${algorithm} needs a shared secret`);
      this.shared.set(
        algorithm,
        [secret, ...previousSecrets].map((text) => new SharedKey(text, algorithm)),
      );
    }
    this.imported = importedKeys;
    const fixed = [...[...this.shared.values()].flat(), ...importedKeys];
    this.fixedById = new Map(fixed.map((key) => [key.id, key]));
  }

  /** @returns the purpose of the keys that may sign for all of these audiences; `undefined` if none may */
  purposeFor(audiences: readonly string[]): KeyPurpose | undefined {
    const normal = audiences.map(normalAudience);
    if (normal.includes(this.ownAudience)) return audiences.length === 1 ? 'administration' : undefined;
    const [first = this.options.algorithms, ...others] = normal.map((audience) =>
      this.algorithmsOf(audience),
    );
    return first.find((algorithm) => others.every((list) => list.includes(algorithm)));
  }

  /** @returns the key that signs now; `undefined` if there is none */
  signing(purpose: KeyPurpose): SigningKey | undefined {
    if (purpose === 'administration') return this.stored?.signing(purpose);
    return (
      this.shared.get(purpose)?.[0] ??
      this.imported.find(({ algorithm }) => algorithm === purpose) ??
      this.stored?.signing(purpose)
    );
  }

  /**
   * Whether a key may sign for an audience. Everyone who verifies with the shared secret can also sign with
   * it, and tokens for the service itself decide who administers it: for this audience, only its own keys are
   * accepted, and for no other. Any other audience accepts the algorithms of its list.
   */
  readonly allows = (audience: string, key: VerificationKey): boolean => {
    const isOwnKey = this.isOwn(key);
    const normal = normalAudience(audience);
    if (normal === this.ownAudience || isOwnKey) return normal === this.ownAudience && isOwnKey;
    return this.algorithmsOf(normal).includes(key.algorithm);
  };

  /**
   * Whether a key may sign tokens without an audience: only with one of the default algorithms. Otherwise a
   * holder of the secret that a single audience still accepts could forge such tokens.
   */
  readonly allowsNoAudience = (key: VerificationKey): boolean =>
    !this.isOwn(key) && this.options.algorithms.includes(key.algorithm);

  /**
   * A token with a known key ID is tried with that key alone. Other services sign with the shared secret and
   * do not know our key IDs, so a token with an HMAC algorithm and a missing or unknown ID is tried with
   * every secret. With an asymmetric algorithm, only a missing ID has this effect.
   */
  candidates(algorithm: Algorithm, keyId: string | undefined): KeyCandidates {
    const named = keyId === undefined ? undefined : this.named(keyId);
    if (named) return { keys: named.algorithm === algorithm ? [named] : [], keyIdKnown: true };
    if (ALGORITHMS[algorithm].shared) return { keys: this.shared.get(algorithm) ?? [], keyIdKnown: false };
    const keys = keyId === undefined ? this.published : [];
    return { keys: keys.filter((key) => key.algorithm === algorithm), keyIdKnown: false };
  }

  /** The published public keys, imported ones first, then those that sign. Never a shared secret. */
  get publicKeys(): readonly PublicJwk[] {
    return this.published.map(({ jwk }) => jwk);
  }

  private get published(): readonly PrivateKey[] {
    return [...this.imported, ...(this.stored?.view.live ?? [])];
  }

  private isOwn(key: VerificationKey): boolean {
    return this.stored?.view.administration.has(key) ?? false;
  }

  private named(keyId: string): SigningKey | undefined {
    return this.fixedById.get(keyId) ?? this.stored?.view.byId.get(keyId);
  }

  /** @param audience in normal form */
  private algorithmsOf(audience: string): readonly Algorithm[] {
    return this.algorithmsByAudience.get(audience) ?? this.options.algorithms;
  }
}

/** Every algorithm that some audience accepts. */
export function algorithmsInForce({
  algorithms,
  audienceAlgorithms = new Map(),
}: Pick<KeyRingOptions, 'algorithms' | 'audienceAlgorithms'>): ReadonlySet<Algorithm> {
  return new Set([...algorithms, ...[...audienceAlgorithms.values()].flat()]);
}
