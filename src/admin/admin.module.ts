import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ClientAdministration } from '../clients/client-administration.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { Clock } from '../clock.js';
import type { PrivateKey } from '../keys/private-key.js';
import { ManagedKeys } from '../keys/managed-keys.js';
import { ClientSecretsController } from './client-secrets.controller.js';
import { ClientsController } from './clients.controller.js';
import { KeyAdministration } from './key-administration.js';
import { KeysController } from './keys.controller.js';

/** What {@link AdminModule.forRoot} takes. */
export interface AdminOptions extends Pick<ModuleMetadata, 'imports'> {
  /** The configured lifetime of tokens, in seconds. */
  readonly lifetimeSeconds: number;
  readonly clock: Clock;
  /** Private keys that the operator gives. */
  readonly importedKeys: readonly PrivateKey[];
  /** Whether the routes are opened; the command line does without them. */
  readonly routes: boolean;
}

/** What administrators do, and the routes beneath `/admin` by which they do it. */
@Module({})
export class AdminModule {
  static forRoot({
    imports = [],
    lifetimeSeconds,
    clock,
    importedKeys,
    routes,
  }: AdminOptions): DynamicModule {
    return {
      module: AdminModule,
      imports,
      controllers: routes ? [ClientsController, ClientSecretsController, KeysController] : [],
      providers: [
        { provide: Clock, useValue: clock },
        {
          provide: KeyAdministration,
          inject: [ManagedKeys, AuditLog],
          useFactory: (stored: ManagedKeys, audit: AuditLog) =>
            new KeyAdministration(stored, importedKeys, audit, clock),
        },
        {
          provide: ClientAdministration,
          inject: [ClientRegistry, AuditLog, ManagedKeys],
          useFactory: (clients: ClientRegistry, audit: AuditLog, keys: ManagedKeys) =>
            new ClientAdministration(
              clients,
              audit,
              clock,
              () => keys.ensureAdministration(),
              lifetimeSeconds,
            ),
        },
      ],
      exports: [ClientAdministration, KeyAdministration],
    };
  }
}
