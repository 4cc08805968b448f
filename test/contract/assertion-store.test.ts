import { afterAll, describe } from '@jest/globals';
import { Database } from '../../src/database/database.js';
import { AssertionTable } from '../../src/database/entities.js';
import { databaseOptions, openDatabase } from '../../src/database/open-database.js';
import { TypeOrmAssertionStore } from '../../src/database/typeorm-assertion-store.js';
import { describeEachDatabase } from '../support/databases.js';
import { assertionStoreContract, type SharedAssertions } from './assertion-store.contract.js';
import { LateDatabase } from './late-commit.js';

async function inDatabase(url: string): Promise<SharedAssertions> {
  const open = async () => openDatabase(await databaseOptions(url));
  const sources = [await open(), await open()] as const;
  const late = new LateDatabase(sources[0]);
  const store = (database: Database) => new TypeOrmAssertionStore(database);
  return {
    stores: [store(late), store(new Database(sources[1]))],
    holdNextUse: () => late.holdNext(),
    unavailable: async () => {
      const source = await open();
      await source.destroy();
      return store(new Database(source));
    },
    empty: async () => {
      await sources[0].getRepository(AssertionTable).createQueryBuilder().delete().execute();
    },
    close: async () => {
      for (const source of sources) await source.destroy();
    },
  };
}

describe('AssertionStore', () => {
  describeEachDatabase((database) => {
    assertionStoreContract(async () => inDatabase(await database.url()));
    afterAll(() => database.close(), 30_000);
  });
});
