import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ClientAdministration } from '../clients/client-administration.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { Clock } from '../clock.js';
import type { PrivateKey } from '../keys/private-key.js';
import { StoredKeys } from '../keys/managed-keys.js';
import { OWN_AUDIENCE } from './admin-options.js';
import { ClientSecretsController } from './client-secrets.controller.js';
import { ClientsController } from './clients.controller.js';
import { KeyAdministration } from './key-administration.js';
import { KeysController } from './keys.controller.js';

/** What {@link AdministrationModule.forRoot} takes. */
export interface AdministrationOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly issuer: string;
  /** The configured lifetime of tokens, in seconds. */
  readonly lifetimeSeconds: number;
  readonly clock: Clock;
  /** Private keys that the operator gives. */
  readonly givenKeys: readonly PrivateKey[];
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
    givenKeys,
    routes,
  }: AdministrationOptions): DynamicModule {
    return {
      module: AdministrationModule,
      imports,
      controllers: routes ? [ClientsController, ClientSecretsController, KeysController] : [],
      providers: [
        { provide: Clock, useValue: clock },
        {
          provide: KeyAdministration,
          inject: [StoredKeys, AuditLog],
          useFactory: (stored: StoredKeys, audit: AuditLog) =>
            new KeyAdministration(stored, givenKeys, audit, clock),
        },
        { provide: OWN_AUDIENCE, useValue: issuer },
        {
          provide: ClientAdministration,
          inject: [ClientRegistry, AuditLog, StoredKeys],
          useFactory: (clients: ClientRegistry, audit: AuditLog, keys: StoredKeys) =>
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
