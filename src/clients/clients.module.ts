import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock } from '../clock.js';
import { WindowCounter } from '../limits/window-counter.js';
import { BruteForceLimit } from './brute-force-limit.js';
import { ClientAuthenticator } from './client-authenticator.js';
import { ClientRegistry } from './client-registry.js';
import { ClientStore } from './client-store.js';

/** What {@link ClientsModule.forRoot} takes. */
export interface ClientsOptions {
  readonly clock: Clock;
  /** Failed authentications in a window before a client is refused unheard; 0 for no limit. */
  readonly mostFailures: number;
  /** Where failures are counted. */
  readonly failures: WindowCounter;
  /** Tells other processes that something changed, and waits for them. */
  readonly told: () => Promise<void>;
}

/** The registered clients and their authentication, over the ClientStore of a global module. Opens no route. */
@Module({})
export class ClientsModule implements OnApplicationShutdown {
  constructor(@Inject(WindowCounter) private readonly failures: WindowCounter) {}

  static forRoot({ clock, mostFailures, failures, told }: ClientsOptions): DynamicModule {
    return {
      module: ClientsModule,
      global: true,
      providers: [
        { provide: WindowCounter, useValue: failures },
        {
          provide: ClientRegistry,
          inject: [ClientStore],
          useFactory: (store: ClientStore) => new ClientRegistry(store, told),
        },
        {
          provide: ClientAuthenticator,
          inject: [ClientRegistry],
          useFactory: (clients: ClientRegistry) =>
            new ClientAuthenticator(clients, new BruteForceLimit(mostFailures, failures, clock), clock),
        },
      ],
      exports: [ClientRegistry, ClientAuthenticator],
    };
  }

  onApplicationShutdown(): void {
    this.failures.close();
  }
}
