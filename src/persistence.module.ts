import { Module } from '@nestjs/common';
import { ClientsModule } from './clients/clients.module.js';
import { DatabaseModule } from './database/database.module.js';
import { IssuersModule } from './issuers/issuers.module.js';
import { KeysModule } from './keys/keys.module.js';
import { RevocationModule } from './revocation/revocation.module.js';
import { SyncModule } from './sync/sync.module.js';

/**
 * The state that outlives the process: the database, and its copy in memory. The service and the command line
 * share this module. Each part joins the sync loop itself.
 */
@Module({ imports: [DatabaseModule, SyncModule, KeysModule, ClientsModule, IssuersModule, RevocationModule] })
export class PersistenceModule {}
