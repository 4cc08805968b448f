import { Module, type OnModuleInit } from '@nestjs/common';
import { PersistedEventLog } from '../audit/persisted-event-log.js';
import { ClientsModule } from '../clients/clients.module.js';
import { ExpiryReport, ExpiryWarnings } from '../clients/expiry-warnings.js';
import { IssuersModule } from '../issuers/issuers.module.js';
import { OutsideTokensModule } from '../issuers/outside-tokens.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SyncLoop } from '../sync/sync-loop.js';
import { SyncModule } from '../sync/sync.module.js';
import { ExpiryLog } from './expiry-log.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsText } from './metrics-text.js';
import { StateGauges } from './state-gauges.js';

/** After the clients: their secrets are checked. */
const EXPIRY_SYNC_ORDER = 30;

/**
 * Owns what a running service shows its operators: `GET /metrics`, and log lines about secrets that expire
 * soon and about changes made by the command line.
 */
@Module({
  imports: [ClientsModule, IssuersModule, KeysModule, OutsideTokensModule, RevocationModule, SyncModule],
  controllers: [MetricsController],
  providers: [
    MetricsText,
    StateGauges,
    PersistedEventLog,
    ExpiryWarnings,
    { provide: ExpiryReport, useClass: ExpiryLog },
  ],
})
export class MonitoringModule implements OnModuleInit {
  constructor(
    private readonly syncLoop: SyncLoop,
    private readonly expiryWarnings: ExpiryWarnings,
    private readonly persistedEvents: PersistedEventLog,
  ) {}

  onModuleInit(): void {
    this.syncLoop.join(this.expiryWarnings, EXPIRY_SYNC_ORDER);
    this.syncLoop.join(this.persistedEvents);
  }
}
