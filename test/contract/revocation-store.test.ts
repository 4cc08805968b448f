import { afterAll, describe } from '@jest/globals';
import { MemoryRevocationStore } from '../support/memory-revocation-store.js';
import type { RevocationStore } from '../../src/revocation/revocation-store.js';
import { Database } from '../../src/database/database.js';
import { RevisionTable, RevocationTable } from '../../src/database/entities.js';
import { databaseOptions, openDatabase } from '../../src/database/open-database.js';
import { TypeOrmRevocationStore } from '../../src/database/typeorm-revocation-store.js';
import { describeEachDatabase } from '../support/databases.js';
import { LateDatabase } from './late-commit.js';
import { revocationStoreContract, type SharedRevocations } from './revocation-store.contract.js';

function inMemory(): Promise<SharedRevocations> {
  let store = new MemoryRevocationStore();
  const through: RevocationStore = {
    add: (revocations) => store.add(revocations),
    since: (revision, limit) => store.since(revision, limit),
    deleteExpired: (time) => store.deleteExpired(time),
  };
  return Promise.resolve({
    stores: [through, through, through],
    empty: () => {
      store = new MemoryRevocationStore();
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
}

async function inDatabase(url: string): Promise<SharedRevocations> {
  const open = async () => openDatabase(await databaseOptions(url));
  const sources = [await open(), await open(), await open()] as const;
  const late = new LateDatabase(sources[0]);
  const store = (database: Database) => new TypeOrmRevocationStore(database);
  return {
    stores: [store(late), store(new Database(sources[1])), store(new Database(sources[2]))],
    holdNextAdd: () => late.holdNext(),
    unavailable: async () => {
      const source = await open();
      await source.destroy();
      return store(new Database(source));
    },
    empty: async () => {
      await sources[0].getRepository(RevocationTable).createQueryBuilder().delete().execute();
      await sources[0]
        .getRepository(RevisionTable)
        .update({ name: RevocationTable.options.name }, { value: 0 });
    },
    close: async () => {
      for (const source of sources) await source.destroy();
    },
  };
}

describe('RevocationStore', () => {
  describe('in memory', () => {
    revocationStoreContract(inMemory, { inDatabase: false });
  });

  describeEachDatabase((database) => {
    revocationStoreContract(async () => inDatabase(await database.url()), { inDatabase: true });
    afterAll(() => database.close(), 30_000);
  });
});
