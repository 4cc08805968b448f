import { describe } from '@jest/globals';
import { MemoryRecordStore } from '../support/memory-record-store.js';
import { Database } from '../../src/database/database.js';
import { ClientTable, IssuerTable, RevisionTable } from '../../src/database/entities.js';
import { databaseOptions, openDatabase } from '../../src/database/open-database.js';
import { TypeOrmRecordStore } from '../../src/database/typeorm-record-store.js';
import { describeEachDatabase } from '../support/databases.js';
import { LateDatabase } from './late-commit.js';
import { type Document, recordStoreContract, type SharedRecords } from './record-store.contract.js';

function inMemory(): Promise<SharedRecords> {
  let store = new MemoryRecordStore<Document>();
  return Promise.resolve({
    get stores() {
      return [store, store, store] as const;
    },
    empty: () => {
      store = new MemoryRecordStore();
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
}

async function inDatabase(url: string, table: typeof ClientTable): Promise<SharedRecords> {
  const open = async () => openDatabase(await databaseOptions(url));
  const sources = [await open(), await open(), await open()] as const;
  const late = new LateDatabase(sources[0]);
  const store = (database: Database) => new TypeOrmRecordStore<Document>(database, table);
  return {
    stores: [store(late), store(new Database(sources[1])), store(new Database(sources[2]))],
    holdNextChange: () => late.holdNext(),
    empty: async () => {
      await sources[0].getRepository(table).createQueryBuilder().delete().execute();
      await sources[0].getRepository(RevisionTable).update({ name: table.options.name }, { value: 0 });
    },
    close: async () => {
      for (const source of sources) await source.destroy();
    },
  };
}

describe('RecordStore', () => {
  describe('in memory', () => {
    recordStoreContract(inMemory, { commitsAtOnce: true });
  });

  describeEachDatabase((database) => {
    describe.each([ClientTable, IssuerTable])('in the table $options.name', (table) => {
      recordStoreContract(async () => inDatabase(await database.url(), table));
    });
  });
});
