/**
 * A map that holds a limited number of entries: one entry too many evicts the entry that was set longest ago.
 */
export class BoundedMap<Value> extends Map<string, Value> {
  /** @param maxEntries the number of entries at which setting another evicts one */
  constructor(private readonly maxEntries: number) {
    super();
  }

  /** Setting a key again makes it the newest. */
  override set(key: string, value: Value): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > this.maxEntries) this.evictOldest();
    return this;
  }

  private evictOldest(): void {
    for (const oldest of this.keys()) {
      this.delete(oldest);
      return;
    }
  }
}
