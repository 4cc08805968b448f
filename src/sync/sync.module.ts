import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  type InjectionToken,
  Module,
  type OnModuleInit,
} from '@nestjs/common';
import type { Clock } from '../clock.js';
import { SyncLoop, type Syncable } from './sync-loop.js';

const SYNCABLES = Symbol('SYNCABLES');

/** What {@link SyncModule.forRoot} takes. */
export interface SyncOptions {
  readonly clock: Clock;
  /** Is told why the database could not be asked, once for each outage. */
  readonly failed: (cause: unknown) => void;
  /** The injection tokens of what is kept in step, in the order in which it is asked for. */
  readonly followed: readonly InjectionToken[];
  /** Other processes that say when something changed. */
  readonly notifier: { subscribe(sync: () => Promise<void>): void };
}

/** Keeps what is held in memory in step with the database, from before the first request to the last. */
@Module({})
export class SyncModule implements OnModuleInit, BeforeApplicationShutdown {
  constructor(
    @Inject(SyncLoop) private readonly syncLoop: SyncLoop,
    @Inject(SYNCABLES) private readonly followed: readonly Syncable[],
  ) {}

  static forRoot({ clock, failed, followed, notifier }: SyncOptions): DynamicModule {
    return {
      module: SyncModule,
      global: true,
      providers: [
        {
          provide: SyncLoop,
          useFactory: () => {
            const syncLoop = new SyncLoop(clock, failed);
            notifier.subscribe(() => syncLoop.syncNow());
            return syncLoop;
          },
        },
        { provide: SYNCABLES, inject: [...followed], useFactory: (...all: Syncable[]) => all },
      ],
      exports: [SyncLoop],
    };
  }

  onModuleInit(): Promise<void> {
    return this.syncLoop.start(this.followed);
  }

  beforeApplicationShutdown(): void {
    this.syncLoop.stop();
  }
}
