import { Module, type OnModuleInit } from '@nestjs/common';
import { KeysModule } from '../keys/keys.module.js';
import { ManagedKeys } from '../keys/managed-keys.js';
import { SyncLoop } from '../sync/sync-loop.js';
import { SyncModule } from '../sync/sync.module.js';
import { ClientRegistry } from './client-registry.js';

/** The clients are synchronized after the keys; see KeysModule. */
const SYNC_ORDER = 20;

/** The administration keys come after the clients: they are needed only once a client exists. */
const ADMINISTRATION_KEYS_SYNC_ORDER = 30;

/**
 * Owns the registered clients: registry, policy, secrets, keys. Uses the ClientStore of a global module.
 * Opens no route.
 */
@Module({ imports: [KeysModule, SyncModule], providers: [ClientRegistry], exports: [ClientRegistry] })
export class ClientsModule implements OnModuleInit {
  constructor(
    private readonly syncLoop: SyncLoop,
    private readonly clients: ClientRegistry,
    private readonly keys: ManagedKeys,
  ) {}

  onModuleInit(): void {
    this.syncLoop.join(this.clients, SYNC_ORDER);
    this.syncLoop.join({ sync: () => this.ensureAdministrationKeys() }, ADMINISTRATION_KEYS_SYNC_ORDER);
  }

  /**
   * Makes the keys that sign tokens for the service itself, with which a client may administer it. No other
   * keys sign such tokens, neither the shared secret nor imported keys.
   */
  private async ensureAdministrationKeys(): Promise<void> {
    if (this.clients.hasEverHadClients) await this.keys.ensureAdministration();
  }
}
