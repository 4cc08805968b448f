/** A token that was revoked. */
export interface Revocation {
  /** Identifies the token: see {@link tokenKey}. */
  readonly key: string;
  /**
   * When no clock tolerance could accept the token, so that the revocation expires: whole seconds since 1970.
   */
  readonly expiresAt: number;
}

/** A revocation with its position in the order in which revocations become visible. */
export interface RecordedRevocation extends Revocation {
  readonly revision: number;
}

/** Stores revocations until their tokens expire. */
export abstract class RevocationStore {
  /**
   * Adds revocations, and resolves once all of them would survive a loss of power. An existing revocation of
   * the same token that expires no sooner is left unchanged; one that expires sooner is replaced, and counts
   * as added now.
   *
   * @throws {StoreUnavailable}
   */
  abstract add(revocations: readonly Revocation[]): Promise<void>;

  /**
   * @returns the revocations after this revision, oldest first; at most `limit`. A caller that continues
   *   after the last of them misses none, however long other instances took to write theirs.
   * @throws {StoreUnavailable}
   */
  abstract since(revision: number, limit: number): Promise<readonly RecordedRevocation[]>;

  /**
   * Deletes some of the revocations that have expired by this time, in whole seconds since 1970.
   *
   * @throws {StoreUnavailable}
   */
  abstract deleteExpired(time: number): Promise<void>;
}
