/** Chance that can be repeated: the same seed gives the same choices (mulberry32). */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed | 0;
  }

  /** From 0 up to, and without, 1. */
  number() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number; both ends may come. */
  between(least, most) {
    return least + Math.floor(this.number() * (most - least + 1));
  }

  /** Whether something with this probability happens. */
  chance(probability) {
    return this.number() < probability;
  }

  pick(items) {
    return items[this.between(0, items.length - 1)];
  }

  /** One of the items, each as often as its weight says. */
  weighted(weights) {
    const entries = weights instanceof Map ? [...weights] : Object.entries(weights);
    let left = this.number() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of entries) {
      left -= weight;
      if (left < 0) return item;
    }
    return entries[0][0];
  }

  text(alphabet, length) {
    return Array.from({ length }, () => this.pick(alphabet)).join('');
  }
}
