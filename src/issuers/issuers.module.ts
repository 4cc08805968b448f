import { Module, type OnModuleInit } from '@nestjs/common';
import { IssuerNames } from '../clients/issuer-names.js';
import { ClientsModule } from '../clients/clients.module.js';
import { SyncLoop } from '../sync/sync-loop.js';
import { SyncModule } from '../sync/sync.module.js';
import { IssuerRegistry } from './issuer-registry.js';

/**
 * The issuers are synchronized before the clients, which name them: a client that is known never names an entry
 * that is not.
 */
const SYNC_ORDER = 15;

/** Owns the trusted issuers. Uses the IssuerStore of a global module. Opens no route. */
@Module({
  imports: [ClientsModule, SyncModule],
  providers: [IssuerRegistry, { provide: IssuerNames, useExisting: IssuerRegistry }],
  exports: [IssuerNames, IssuerRegistry],
})
export class IssuersModule implements OnModuleInit {
  constructor(
    private readonly syncLoop: SyncLoop,
    private readonly issuers: IssuerRegistry,
  ) {}

  onModuleInit(): void {
    this.syncLoop.join(this.issuers, SYNC_ORDER);
  }
}
