import { type DynamicModule, Module } from '@nestjs/common';
import type { Clock } from '../clock.js';
import { Revocations } from './revocations.js';
import { RevocationStore } from './revocation-store.js';

/** What {@link RevocationModule.forRoot} takes. */
export interface RevocationOptions {
  readonly clock: Clock;
  /** Tells other processes that something changed, and waits for them. */
  readonly publish: () => Promise<void>;
}

/** The tokens that were taken back, over the RevocationStore of a global module. */
@Module({})
export class RevocationModule {
  static forRoot({ clock, publish }: RevocationOptions): DynamicModule {
    return {
      module: RevocationModule,
      global: true,
      providers: [
        {
          provide: Revocations,
          inject: [RevocationStore],
          useFactory: (store: RevocationStore) => new Revocations(store, clock, publish),
        },
      ],
      exports: [Revocations],
    };
  }
}
