import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  type InjectionToken,
  Module,
  type OnModuleInit,
} from '@nestjs/common';
import type { Clock } from '../clock.js';
import { Follower, type Following } from './sync-loop.js';

const FOLLOWED = Symbol('FOLLOWED');

/** What {@link ReplicaModule.forRoot} takes. */
export interface ReplicaOptions {
  readonly clock: Clock;
  /** Is told why the database could not be asked, once for each outage. */
  readonly failed: (cause: unknown) => void;
  /** The injection tokens of what is kept in step, in the order in which it is asked for. */
  readonly followed: readonly InjectionToken[];
  /** Other processes that say when something changed. */
  readonly siblings: { whenTold(sync: () => Promise<void>): void };
}

/** Keeps what is held in memory in step with the database, from before the first request to the last. */
@Module({})
export class ReplicaModule implements OnModuleInit, BeforeApplicationShutdown {
  constructor(
    @Inject(Follower) private readonly follower: Follower,
    @Inject(FOLLOWED) private readonly followed: readonly Following[],
  ) {}

  static forRoot({ clock, failed, followed, siblings }: ReplicaOptions): DynamicModule {
    return {
      module: ReplicaModule,
      global: true,
      providers: [
        {
          provide: Follower,
          useFactory: () => {
            const follower = new Follower(clock, failed);
            siblings.whenTold(() => follower.syncNow());
            return follower;
          },
        },
        { provide: FOLLOWED, inject: [...followed], useFactory: (...all: Following[]) => all },
      ],
      exports: [Follower],
    };
  }

  onModuleInit(): Promise<void> {
    return this.follower.start(this.followed);
  }

  beforeApplicationShutdown(): void {
    this.follower.stop();
  }
}
