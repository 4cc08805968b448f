import { type DynamicModule, Module } from '@nestjs/common';
import { ClientRegistry } from './client-registry.js';
import { ClientStore } from './client-store.js';

/** What {@link ClientsModule.forRoot} takes. */
export interface ClientsOptions {
  /** Tells other processes that something changed, and waits for them. */
  readonly publish: () => Promise<void>;
}

/** The registered clients, over the ClientStore of a global module. Opens no route. */
@Module({})
export class ClientsModule {
  static forRoot({ publish }: ClientsOptions): DynamicModule {
    return {
      module: ClientsModule,
      global: true,
      providers: [
        {
          provide: ClientRegistry,
          inject: [ClientStore],
          useFactory: (store: ClientStore) => new ClientRegistry(store, publish),
        },
      ],
      exports: [ClientRegistry],
    };
  }
}
