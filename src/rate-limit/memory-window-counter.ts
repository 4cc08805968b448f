import type { Clock } from '../clock.js';
import { type WindowCount, WindowCounter } from './window-counter.js';

/** At least this many of the latest keys are remembered, and always fewer than twice as many. */
const GENERATION = 50_000;

/**
 * Counts in the memory of this process. Recent keys are in one map and older ones in another, which is
 * dropped as a whole: evicting the oldest keys of one map one by one would walk over all evicted ones each
 * time.
 */
export class MemoryWindowCounter extends WindowCounter {
  private recent = new Map<string, WindowCount>();
  private older = new Map<string, WindowCount>();

  /** @param window in milliseconds */
  constructor(
    private readonly window: number,
    private readonly clock: Clock,
  ) {
    super();
  }

  override add(key: string): WindowCount {
    const known = this.known(key);
    const next = known
      ? { count: known.count + 1, until: known.until }
      : { count: 1, until: this.clock.now() + this.window };
    this.remember(key, next);
    return next;
  }

  override known(key: string): WindowCount | undefined {
    const known = this.recent.get(key) ?? this.older.get(key);
    return known && known.until > this.clock.now() ? known : undefined;
  }

  /** Stores a count, of this process or another instance. */
  remember(key: string, count: WindowCount): void {
    this.recent.set(this.recent.has(key) ? key : ownCopy(key), count);
    if (this.recent.size < GENERATION) return;
    this.older = this.recent;
    this.recent = new Map();
  }

  override close(): void {
    this.recent.clear();
    this.older.clear();
  }
}

/** V8 keeps a substring as a reference to the whole text: a key cut out of a header could hold 16 KiB. */
function ownCopy(text: string): string {
  return Buffer.from(text).toString();
}
