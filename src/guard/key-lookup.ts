import { ALGORITHMS, type Algorithm } from '../jwt/algorithms.js';
import type { KeyCandidates, VerificationKeys } from '../jwt/verify-token.js';
import type { RemoteKeySet } from '../key-sets/remote-key-set.js';

/** The sources of keys. */
export interface KeySources {
  readonly secrets: VerificationKeys;
  readonly keySet: RemoteKeySet | undefined;
}

/**
 * Finds the keys for one token, and remembers which source was used. A secret is never tried for an
 * asymmetric algorithm, nor a public key for HS* (RFC 8725 §2.1).
 */
export class KeyLookup implements VerificationKeys {
  /** The key set, if it was searched: only then could a newer one change the result. */
  searchedKeySet: RemoteKeySet | undefined;
  keyIdKnown = false;

  constructor(private readonly sources: KeySources) {}

  candidates(algorithm: Algorithm, keyId: string | undefined): KeyCandidates {
    const { secrets, keySet } = this.sources;
    if (ALGORITHMS[algorithm].shared) return secrets.candidates(algorithm, keyId);
    if (!keySet?.accepts(algorithm)) return { keys: [], keyIdKnown: false };
    this.searchedKeySet = keySet;
    const found = keySet.candidates(algorithm, keyId);
    this.keyIdKnown = found.keyIdKnown;
    return found;
  }
}
