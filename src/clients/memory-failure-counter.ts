import type { Clock } from '../clock.js';
import { FAILURE_WINDOW, type FailureCount, FailureCounter } from './failure-counter.js';

/** How many keys are remembered; the oldest is forgotten first. */
const MAX_KEYS = 100_000;

/** Counts failures in the memory of this process. */
export class MemoryFailureCounter extends FailureCounter {
  private readonly counts = new Map<string, FailureCount>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override add(key: string): FailureCount {
    const known = this.known(key);
    const next = known
      ? { count: known.count + 1, until: known.until }
      : { count: 1, until: this.clock.now() + FAILURE_WINDOW };
    this.remember(key, next);
    return next;
  }

  override known(key: string): FailureCount | undefined {
    const known = this.counts.get(key);
    return known && known.until > this.clock.now() ? known : undefined;
  }

  /** Takes over what was counted elsewhere. */
  remember(key: string, count: FailureCount): void {
    this.counts.delete(key);
    this.counts.set(key, count);
    if (this.counts.size <= MAX_KEYS) return;
    for (const oldest of this.counts.keys()) {
      this.counts.delete(oldest);
      break;
    }
  }
}
