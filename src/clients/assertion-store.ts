/**
 * Remembers which assertions were used, across restarts and instances: RFC 7523 §3 allows each `jti` once.
 */
export abstract class AssertionStore {
  /**
   * @param key identifies the assertion, at most 64 characters
   * @param expiresAt when the assertion may be forgotten, in whole seconds since 1970
   * @returns whether this is its first use
   * @throws {StoreUnavailable}
   */
  abstract useOnce(key: string, expiresAt: number): Promise<boolean>;

  /**
   * @param key as for {@link useOnce}
   * @returns whether the assertion was used; it is not used by this
   * @throws {StoreUnavailable}
   */
  abstract isUsed(key: string): Promise<boolean>;

  /**
   * Forgets some of the assertions that have expired by this time, in whole seconds since 1970.
   *
   * @throws {StoreUnavailable}
   */
  abstract deleteExpired(time: number): Promise<void>;
}
