import {
  type DynamicModule,
  Inject,
  Module,
  type ModuleMetadata,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Clock } from '../clock.js';
import { WindowCounter } from '../rate-limit/window-counter.js';
import { BruteForceLimit } from './brute-force-limit.js';
import { ClientAuthenticator } from './client-authenticator.js';
import { ClientRegistry } from './client-registry.js';

/** What {@link ClientAuthenticationModule.forRoot} takes. */
export interface ClientAuthenticationOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly clock: Clock;
  /** Failed authentications in a window before a client is refused unheard; 0 for no limit. */
  readonly mostFailures: number;
  /** Makes what counts failures; the module closes it. */
  readonly failures: () => Promise<WindowCounter>;
}

/** Who a client is, over the ClientRegistry of a global module and the AuditLog of the imported ones. Opens no route. */
@Module({})
export class ClientAuthenticationModule implements OnApplicationShutdown {
  constructor(@Inject(WindowCounter) private readonly failures: WindowCounter) {}

  static forRoot({
    imports = [],
    clock,
    mostFailures,
    failures,
  }: ClientAuthenticationOptions): DynamicModule {
    return {
      module: ClientAuthenticationModule,
      imports,
      providers: [
        { provide: WindowCounter, useFactory: failures },
        {
          provide: ClientAuthenticator,
          inject: [ClientRegistry, WindowCounter, AuditLog],
          useFactory: (clients: ClientRegistry, counter: WindowCounter, audit: AuditLog) =>
            new ClientAuthenticator(clients, new BruteForceLimit(mostFailures, counter, clock), clock, audit),
        },
      ],
      exports: [ClientAuthenticator],
    };
  }

  onApplicationShutdown(): void {
    this.failures.close();
  }
}
