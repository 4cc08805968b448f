/** Remembers which assertions were used (RFC 7523 §3: each `jti` once), over restarts and instances. */
export abstract class AssertionStore {
  /**
   * @param key of the assertion, at most 64 characters
   * @param expiresAt when it may be forgotten: whole seconds since 1970
   * @returns whether it is used for the first time
   * @throws {StoreUnavailable}
   */
  abstract useOnce(key: string, expiresAt: number): Promise<boolean>;

  /**
   * Forgets some of those that expired by then, in whole seconds since 1970.
   *
   * @throws {StoreUnavailable}
   */
  abstract deleteExpired(time: number): Promise<void>;
}
