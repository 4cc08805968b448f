import { type BeforeApplicationShutdown, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { ChangeNotifier } from './change-notifier.js';
import { SyncLoop } from './sync-loop.js';

/**
 * Owns the sync of memory with the database, which begins before the first request and ends after the last.
 * Other modules join the {@link SyncLoop} when they are initialized; it starts once all have joined.
 */
@Module({ providers: [SyncLoop], exports: [SyncLoop] })
export class SyncModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly syncLoop: SyncLoop,
    notifier: ChangeNotifier,
  ) {
    notifier.subscribe(() => syncLoop.syncNow());
  }

  onApplicationBootstrap(): Promise<void> {
    return this.syncLoop.start();
  }

  beforeApplicationShutdown(): void {
    this.syncLoop.stop();
  }
}
