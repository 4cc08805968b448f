import type { Clock } from '../clock.js';
import { StoreUnavailable } from './record-store.js';

/** How often what other instances changed is asked for, in milliseconds. */
const INTERVAL = 1_000;

/** Something that is kept in step with the database. */
export interface Syncable {
  /** @throws where the database is away; what is known stays */
  sync(): Promise<void>;
}

/**
 * Keeps what is held in memory in step with the database, for as long as the process runs, and knows how old it is.
 */
export class SyncLoop {
  private followed: readonly Syncable[] = [];
  private syncedAt: number;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /** @param failed is told why the database could not be asked, once for each outage */
  constructor(
    private readonly clock: Clock,
    private readonly failed: (cause: unknown) => void,
  ) {
    this.syncedAt = clock.now();
  }

  /**
   * Asks for everything once, in the given order, and from then on again and again.
   *
   * @throws {StoreUnavailable} where the first time fails
   */
  async start(followed: readonly Syncable[]): Promise<void> {
    this.followed = followed;
    await this.syncAll();
    this.schedule(false);
  }

  /**
   * Asks for everything now, because something is known to have changed.
   *
   * @throws {StoreUnavailable}
   */
  async syncNow(): Promise<void> {
    if (!this.stopped) await this.syncAll();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** How old what is known may be: seconds since the database was last asked with success. */
  get ageSeconds(): number {
    return Math.max(0, (this.clock.now() - this.syncedAt) / 1000);
  }

  private async syncAll(): Promise<void> {
    const begun = this.clock.now();
    const failures: unknown[] = [];
    for (const each of this.followed) {
      try {
        await each.sync();
      } catch (error) {
        // Where the database is away there is no use in asking on; else one that fails must not hold up the others.
        if (error instanceof StoreUnavailable) throw error;
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    this.syncedAt = begun;
  }

  private schedule(failing: boolean): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.syncAll().then(
        () => this.schedule(false),
        (cause: unknown) => {
          if (!failing) this.failed(cause);
          this.schedule(true);
        },
      );
    }, INTERVAL);
    this.timer.unref();
  }
}
