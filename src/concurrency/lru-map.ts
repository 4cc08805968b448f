/** A map that keeps what was set last, and lets go of the oldest beyond its size. */
export class LruMap<Value> extends Map<string, Value> {
  /** @param most how many entries are kept */
  constructor(private readonly most: number) {
    super();
  }

  override set(key: string, value: Value): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > this.most) this.deleteOldest();
    return this;
  }

  private deleteOldest(): void {
    for (const oldest of this.keys()) {
      this.delete(oldest);
      return;
    }
  }
}
