import { Module } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ClientAdministration } from '../clients/client-administration.js';
import { ClientsModule } from '../clients/clients.module.js';
import { Clock } from '../clock.js';
import { KEYS_SETTINGS, type KeysSettings } from '../config/namespaces.js';
import { IssuerAdministration } from '../issuers/issuer-administration.js';
import { KeyAdministration } from '../keys/key-administration.js';
import { IssuersModule } from '../issuers/issuers.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { ManagedKeys } from '../keys/managed-keys.js';
import { ClientDescription } from './client-description.js';
import { IssuerDescription } from './issuer-description.js';

/** The services behind the routes of AdminModule and the command line. Opens no route. */
@Module({
  imports: [ClientsModule, IssuersModule, KeysModule],
  providers: [
    ClientAdministration,
    ClientDescription,
    IssuerAdministration,
    IssuerDescription,
    {
      provide: KeyAdministration,
      inject: [ManagedKeys, AuditLog, Clock, KEYS_SETTINGS],
      useFactory: (stored: ManagedKeys, audit: AuditLog, clock: Clock, { importedKeys }: KeysSettings) =>
        new KeyAdministration(stored, audit, clock, importedKeys),
    },
  ],
  exports: [
    ClientAdministration,
    ClientDescription,
    IssuerAdministration,
    IssuerDescription,
    KeyAdministration,
  ],
})
export class AdministrationModule {}
