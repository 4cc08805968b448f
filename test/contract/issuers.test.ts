import { describe } from '@jest/globals';
import type { Client } from '../../src/clients/client.js';
import { storedClient } from '../../src/clients/client-store.js';
import { Database } from '../../src/database/database.js';
import { ClientTable, IssuerTable, RevisionTable } from '../../src/database/entities.js';
import { databaseOptions, openDatabase } from '../../src/database/open-database.js';
import { TypeOrmRecordStore } from '../../src/database/typeorm-record-store.js';
import type { TrustedIssuer } from '../../src/issuers/trusted-issuer.js';
import { describeEachDatabase } from '../support/databases.js';
import { MemoryRecordStore } from '../support/memory-record-store.js';
import { type InstanceStores, issuersContract, type SharedIssuers } from './issuers.contract.js';

function inMemory(): Promise<SharedIssuers> {
  const make = (): InstanceStores => ({
    issuers: new MemoryRecordStore<TrustedIssuer>(),
    clients: new MemoryRecordStore<Client>(),
  });
  let stores = make();
  return Promise.resolve({
    get instances() {
      return [stores, stores] as const;
    },
    empty: () => {
      stores = make();
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
}

async function inDatabase(url: string): Promise<SharedIssuers> {
  const open = async () => openDatabase(await databaseOptions(url));
  const sources = [await open(), await open()] as const;
  const stores = (database: Database): InstanceStores => ({
    issuers: new TypeOrmRecordStore<TrustedIssuer>(database, IssuerTable),
    clients: new TypeOrmRecordStore<Client>(database, ClientTable, storedClient),
  });
  return {
    instances: [stores(new Database(sources[0])), stores(new Database(sources[1]))],
    empty: async () => {
      for (const table of [IssuerTable, ClientTable]) {
        await sources[0].getRepository(table).createQueryBuilder().delete().execute();
        await sources[0].getRepository(RevisionTable).update({ name: table.options.name }, { value: 0 });
      }
    },
    close: async () => {
      for (const source of sources) await source.destroy();
    },
  };
}

describe('trusted issuers', () => {
  describe('in memory', () => {
    issuersContract(inMemory);
  });

  describeEachDatabase((database) => {
    issuersContract(async () => inDatabase(await database.url()));
  });
});
