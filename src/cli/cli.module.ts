import { Module } from '@nestjs/common';
import { AdministrationModule } from '../admin/administration.module.js';
import { ClientsModule } from '../clients/clients.module.js';
import { DIAGNOSTICS_SETTINGS, type DiagnosticsSettings } from '../config/namespaces.js';
import { Doctor } from '../diagnostics/doctor.js';
import { OutsideTokensModule } from '../issuers/outside-tokens.module.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { PersistenceModule } from '../persistence.module.js';

/**
 * Owns the command line, which administers clients, issuers and keys in the database, whether or not a service is
 * running. `openServices` adds ConfigModule and ProcessModule, which provide the settings, the clock and the
 * log.
 */
@Module({
  imports: [PersistenceModule, ObservabilityModule, ClientsModule, AdministrationModule, OutsideTokensModule],
  providers: [
    {
      provide: Doctor,
      inject: [DIAGNOSTICS_SETTINGS],
      useFactory: (settings: DiagnosticsSettings) => new Doctor(settings, fetch),
    },
  ],
})
export class CliModule {}
