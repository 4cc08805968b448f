import { ALGORITHMS, type Algorithm } from '../jwt/algorithms.js';
import type { KeyCandidates, VerificationKeys } from '../jwt/verify-token.js';
import type { RemoteKeySet } from '../key-sets/remote-key-set.js';

/** Where keys are looked for. */
export interface KeySources {
  readonly secrets: VerificationKeys;
  readonly keySet: RemoteKeySet | undefined;
}

/**
 * Looks for the key of one token, and remembers what came of it. A secret is never tried for an asymmetric algorithm,
 * nor a public key for HS* (RFC 8725 §2.1).
 */
export class KeyLookup implements VerificationKeys {
  /** The key set, where it was asked: only then could a newer one change the verdict. */
  asked: RemoteKeySet | undefined;
  keyIdKnown = false;

  constructor(private readonly sources: KeySources) {}

  candidates(algorithm: Algorithm, keyId: string | undefined): KeyCandidates {
    const { secrets, keySet } = this.sources;
    if (ALGORITHMS[algorithm].shared) return secrets.candidates(algorithm, keyId);
    if (!keySet?.accepts(algorithm)) return { keys: [], keyIdKnown: false };
    this.asked = keySet;
    const found = keySet.candidates(algorithm, keyId);
    this.keyIdKnown = found.keyIdKnown;
    return found;
  }
}
