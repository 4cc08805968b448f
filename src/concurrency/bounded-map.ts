/** A map of bounded size: adding an entry to a full map evicts the entry that was set longest ago. */
export class BoundedMap<Value> extends Map<string, Value> {
  /** @param maxEntries the maximum number of entries */
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
