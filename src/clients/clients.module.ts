import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock } from '../clock.js';
import { BruteForceLimit } from './brute-force-limit.js';
import { ClientAuthenticator } from './client-authenticator.js';
import { ClientRegistry } from './client-registry.js';
import { ClientStore } from './client-store.js';
import { FailureCounter } from './failure-counter.js';
import { MemoryFailureCounter } from './memory-failure-counter.js';
import { RedisFailureCounter } from './redis-failure-counter.js';

/** What {@link ClientsModule.forRoot} takes. */
export interface ClientsOptions {
  readonly clock: Clock;
  /** Failed authentications a minute before a client is refused unheard; 0 for no limit. */
  readonly mostFailures: number;
  /** Where failures are counted over all instances; each counts for itself where left out. */
  readonly redisUrl: string | undefined;
  /** Is told why Redis could not be asked, once for each outage. */
  readonly redisFailed: (cause: unknown) => void;
}

/** The registered clients and their authentication, over the ClientStore of a global module. Opens no route. */
@Module({})
export class ClientsModule implements OnApplicationShutdown {
  constructor(@Inject(FailureCounter) private readonly counter: FailureCounter) {}

  static forRoot({ clock, mostFailures, redisUrl, redisFailed }: ClientsOptions): DynamicModule {
    return {
      module: ClientsModule,
      global: true,
      providers: [
        {
          provide: ClientRegistry,
          inject: [ClientStore],
          useFactory: (store: ClientStore) => new ClientRegistry(store),
        },
        {
          provide: FailureCounter,
          useFactory: () => {
            const local = new MemoryFailureCounter(clock);
            return redisUrl === undefined
              ? local
              : new RedisFailureCounter(redisUrl, local, clock, redisFailed);
          },
        },
        {
          provide: ClientAuthenticator,
          inject: [ClientRegistry, FailureCounter],
          useFactory: (clients: ClientRegistry, counter: FailureCounter) =>
            new ClientAuthenticator(clients, new BruteForceLimit(mostFailures, counter, clock), clock),
        },
      ],
      exports: [ClientRegistry, ClientAuthenticator],
    };
  }

  onApplicationShutdown(): void {
    if (this.counter instanceof RedisFailureCounter) this.counter.close();
  }
}
