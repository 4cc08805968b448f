import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ClientAdministration } from '../clients/client-administration.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { Clock } from '../clock.js';
import { OwnKeys } from '../keys/own-keys.js';
import { OWN_AUDIENCE } from './administration-options.js';
import { ClientSecretsController } from './client-secrets.controller.js';
import { ClientsController } from './clients.controller.js';

/** What {@link AdministrationModule.forRoot} takes. */
export interface AdministrationOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly issuer: string;
  /** The configured lifetime of tokens, in seconds. */
  readonly lifetimeSeconds: number;
  readonly clock: Clock;
  /** Whether the routes are opened; the command line does without them. */
  readonly routes: boolean;
}

/** What administrators do, and the routes beneath `/admin` by which they do it. */
@Module({})
export class AdministrationModule {
  static forRoot({
    imports = [],
    issuer,
    lifetimeSeconds,
    clock,
    routes,
  }: AdministrationOptions): DynamicModule {
    return {
      module: AdministrationModule,
      imports,
      controllers: routes ? [ClientsController, ClientSecretsController] : [],
      providers: [
        { provide: Clock, useValue: clock },
        { provide: OWN_AUDIENCE, useValue: issuer },
        {
          provide: ClientAdministration,
          inject: [ClientRegistry, AuditLog, OwnKeys],
          useFactory: (clients: ClientRegistry, audit: AuditLog, keys: OwnKeys) =>
            new ClientAdministration(clients, audit, clock, () => keys.ensure(), lifetimeSeconds),
        },
      ],
      exports: [ClientAdministration],
    };
  }
}
