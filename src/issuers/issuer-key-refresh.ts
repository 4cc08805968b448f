import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SyncLoop } from '../sync/sync-loop.js';
import { IssuerKeys } from './issuer-keys.js';
import { IssuerRegistry } from './issuer-registry.js';

/** The most fetches in progress: those of many unavailable issuers must not use up the connections. */
const MAX_FETCHES = 8;

/** Before everything that queries the database: keys are fetched while it is unavailable too. */
const SYNC_ORDER = 0;

/**
 * Fetches the keys of the trusted issuers in the background: at start, when an entry changes, and when they
 * are due. Nothing waits for it.
 */
@Injectable()
export class IssuerKeyRefresh implements OnModuleInit {
  private fetches = 0;

  constructor(
    private readonly keys: IssuerKeys,
    private readonly issuers: IssuerRegistry,
    private readonly syncLoop: SyncLoop,
  ) {}

  onModuleInit(): void {
    this.issuers.onChange(() => this.fetchDue());
    const sync = (): Promise<void> => {
      this.fetchDue();
      return Promise.resolve();
    };
    this.syncLoop.join({ sync }, SYNC_ORDER);
  }

  private fetchDue(): void {
    while (this.fetches < MAX_FETCHES) {
      const { due } = this.keys;
      if (!due) return;
      this.fetches += 1;
      void due.refresh().finally(() => {
        this.fetches -= 1;
        this.fetchDue();
      });
    }
  }
}
