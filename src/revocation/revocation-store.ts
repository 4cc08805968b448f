/** A token that was revoked. */
export interface Revocation {
  /** What the token is known by: see {@link tokenKey}. */
  readonly key: string;
  /** When no clock tolerance could accept the token any longer, and the revocation ends: whole seconds since 1970. */
  readonly expiresAt: number;
}

/** A revocation with its place in the order in which revocations become visible. */
export interface RecordedRevocation extends Revocation {
  readonly revision: number;
}

/** Where revocations are kept until their tokens expire. */
export abstract class RevocationStore {
  /**
   * Resolves once all of them would survive a loss of power. One that is there already and expires no sooner stays as
   * it is; one that expires sooner is replaced, and counts as added now.
   *
   * @throws {StoreUnavailable}
   */
  abstract add(revocations: readonly Revocation[]): Promise<void>;

  /**
   * @returns the revocations after this revision, oldest first; at most `limit`. Whoever asks again after the last of
   *   them misses none, however long other instances took to write theirs.
   * @throws {StoreUnavailable}
   */
  abstract since(revision: number, limit: number): Promise<readonly RecordedRevocation[]>;

  /**
   * Forgets some of those whose tokens have expired by then, in whole seconds since 1970.
   *
   * @throws {StoreUnavailable}
   */
  abstract deleteExpired(time: number): Promise<void>;
}
