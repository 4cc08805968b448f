import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { PersistedEvents } from '../audit/persisted-event.js';
import { ClientStore, storedClient } from '../clients/client-store.js';
import { DATABASE_SETTINGS, type DatabaseSettings } from '../config/namespaces.js';
import { IssuerStore } from '../issuers/issuer-store.js';
import { KeyStore } from '../keys/key-store.js';
import { AssertionStore } from '../clients/assertion-store.js';
import { RevocationStore } from '../revocation/revocation-store.js';
import { Database } from './database.js';
import { ClientTable, IssuerTable, KeyTable } from './entities.js';
import { TypeOrmPersistedEvents } from './typeorm-persisted-events.js';
import { databaseOptions, openDatabase } from './open-database.js';
import { TypeOrmAssertionStore } from './typeorm-assertion-store.js';
import { TypeOrmRecordStore } from './typeorm-record-store.js';
import { TypeOrmRevocationStore } from './typeorm-revocation-store.js';

/**
 * Owns the database: entities, migrations, connections with TLS and time limits, and the adapters of the
 * domains' store ports.
 */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [DATABASE_SETTINGS],
      useFactory: async ({ databaseUrl }: DatabaseSettings) => ({
        ...(await databaseOptions(databaseUrl)),
        retryAttempts: 0,
      }),
      dataSourceFactory: (options) => openDatabase(options as DataSourceOptions),
    }),
  ],
  providers: [
    Database,
    {
      provide: ClientStore,
      inject: [Database],
      useFactory: (database: Database) => new TypeOrmRecordStore(database, ClientTable, storedClient),
    },
    {
      provide: KeyStore,
      inject: [Database],
      useFactory: (database: Database) => new TypeOrmRecordStore(database, KeyTable),
    },
    {
      provide: IssuerStore,
      inject: [Database],
      useFactory: (database: Database) => new TypeOrmRecordStore(database, IssuerTable),
    },
    { provide: RevocationStore, useClass: TypeOrmRevocationStore },
    { provide: PersistedEvents, useClass: TypeOrmPersistedEvents },
    { provide: AssertionStore, useClass: TypeOrmAssertionStore },
  ],
  exports: [ClientStore, KeyStore, IssuerStore, RevocationStore, AssertionStore, PersistedEvents],
})
export class DatabaseModule {}
