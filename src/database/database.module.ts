import { type DynamicModule, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { PersistedEvents } from '../audit/persisted-event.js';
import { ClientStore } from '../clients/client-store.js';
import { KeyStore } from '../keys/key-store.js';
import { AssertionStore } from '../oauth2/assertion-store.js';
import { RevocationStore } from '../revocation/revocation-store.js';
import { Database } from './database.js';
import { ClientTable, KeyTable } from './entities.js';
import { TypeOrmPersistedEvents } from './typeorm-persisted-events.js';
import { databaseOptions, openDatabase } from './open-database.js';
import { TypeOrmAssertionStore } from './typeorm-assertion-store.js';
import { TypeOrmRecordStore } from './typeorm-record-store.js';
import { TypeOrmRevocationStore } from './typeorm-revocation-store.js';

/** The database, and the stores that the domains ask for. */
@Module({})
export class DatabaseModule {
  /** @param url see `DATABASE_URL` */
  static forRoot(url: string): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: async () => ({ ...(await databaseOptions(url)), retryAttempts: 0 }),
          dataSourceFactory: (options) => openDatabase(options as DataSourceOptions),
        }),
      ],
      providers: [
        {
          provide: Database,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new Database(dataSource),
        },
        {
          provide: ClientStore,
          inject: [Database],
          useFactory: (database: Database) => new TypeOrmRecordStore(database, ClientTable),
        },
        {
          provide: KeyStore,
          inject: [Database],
          useFactory: (database: Database) => new TypeOrmRecordStore(database, KeyTable),
        },
        {
          provide: RevocationStore,
          inject: [Database],
          useFactory: (database: Database) => new TypeOrmRevocationStore(database),
        },
        {
          provide: PersistedEvents,
          inject: [Database],
          useFactory: (database: Database) => new TypeOrmPersistedEvents(database),
        },
        {
          provide: AssertionStore,
          inject: [Database],
          useFactory: (database: Database) => new TypeOrmAssertionStore(database),
        },
      ],
      exports: [ClientStore, KeyStore, RevocationStore, AssertionStore, PersistedEvents],
    };
  }
}
