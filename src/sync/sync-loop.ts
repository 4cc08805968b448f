import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { type Log, LOG } from '../log.js';
import { StoreUnavailable } from './record-store.js';

/** How often the loop queries the changes of other instances, in milliseconds. */
const INTERVAL_MS = 1_000;

/** State in memory that is kept in sync with the database. */
export interface Syncable {
  /**
   * Loads the changes from the database.
   *
   * @throws {StoreUnavailable} in which case the known state is kept
   */
  sync(): Promise<void>;
}

/** The order of state that depends on no other. */
const LAST = 100;

/** Keeps state in memory in sync with the database while the process runs, and knows how old it is. */
@Injectable()
export class SyncLoop {
  private readonly followed: { readonly order: number; readonly syncable: Syncable }[] = [];
  private syncedAt: number;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /** @param log receives one line for each outage of the database, and for each fault of what it stores */
  constructor(
    private readonly clock: Clock,
    @Inject(LOG) private readonly log: Pick<Log, 'error'>,
  ) {
    this.syncedAt = clock.now();
  }

  /**
   * Adds state to keep in sync. Call it before {@link start}.
   *
   * @param order state with a lower order is synced first; set it only if the order matters, and say why
   */
  join(syncable: Syncable, order = LAST): void {
    this.followed.push({ order, syncable });
    this.followed.sort((one, other) => one.order - other.order);
  }

  /**
   * Syncs everything once, in order, and from then on every second.
   *
   * @throws {StoreUnavailable} if the first sync fails
   */
  async start(): Promise<void> {
    await this.syncAll();
    this.schedule();
  }

  /**
   * Syncs everything now, because something is known to have changed.
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

  /** The age of the known state: seconds since the last successful query. */
  get ageSeconds(): number {
    return Math.max(0, (this.clock.now() - this.syncedAt) / 1000);
  }

  private async syncAll(): Promise<void> {
    const begun = this.clock.now();
    const failures: unknown[] = [];
    for (const { syncable } of this.followed) {
      try {
        await syncable.sync();
      } catch (error) {
        // If the database is unavailable, the rest would fail too; no other failure may delay the rest.
        if (error instanceof StoreUnavailable) throw error;
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    this.syncedAt = begun;
  }

  /** @param logged the message about the failure of the previous sync, which is not logged again */
  private schedule(logged?: string): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.syncAll().then(
        () => this.schedule(),
        (cause: unknown) => {
          const message = messageOf(cause);
          if (message !== logged) this.log.error({ err: cause }, message);
          this.schedule(message);
        },
      );
    }, INTERVAL_MS);
    this.timer.unref();
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof StoreUnavailable
    ? 'the database does not respond'
    : 'synchronization with the database failed';
}
