import { afterAll, expect, it } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import { Database } from '../../../src/database/database.js';
import { describeEachDatabase } from '../../support/databases.js';
import { closeDatabases, open } from '../../support/opened-databases.js';
import { until } from '../../support/until.js';

/** How another instance takes the lock, releases it, and finds that someone else requests it. */
const STATEMENTS = {
  PostgreSQL: {
    lock: 'SELECT pg_advisory_lock(764028800)',
    unlock: 'SELECT pg_advisory_unlock(764028800)',
    asking:
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND (query LIKE '%pg_try_advisory_xact_lock%' OR query = 'ROLLBACK')",
  },
  MariaDB: {
    lock: "SELECT GET_LOCK('identity-backend-migrations', 5)",
    unlock: "SELECT RELEASE_LOCK('identity-backend-migrations')",
    // The other instance has one connection, which runs this query.
    asking: 'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
  },
} as const;

// An SQLite file has one writer at a time anyway: see start-together.test.ts.
describeEachDatabase(
  (database) => {
    afterAll(closeDatabases);
    const { lock, unlock, asking } = STATEMENTS[database.name as keyof typeof STATEMENTS];

    it('is opened only once no other instance holds the migration lock', async () => {
      const url = await database.url();
      const other = (await open(url)).createQueryRunner();
      await other.query(lock);
      let opened = false;
      const opening = open(url).then(() => (opened = true));
      await until(async () => ((await other.query(asking)) as unknown[]).length > 0, 15_000);
      expect(opened).toBe(false);
      await other.query(unlock);
      await opening;
      await other.release();
    });

    it('is opened without delay after a failed migration', async () => {
      const url = await database.url();
      class Failing {
        readonly name = 'Failing4000000000000';
        up = (): Promise<void> => Promise.reject(new Error('the migration fails'));
        down = (): Promise<void> => Promise.resolve();
      }
      await expect(open(url, { migrations: [Failing] })).rejects.toThrow('the migration fails');
      const begin = Date.now();
      await open(url);
      expect(Date.now() - begin).toBeLessThan(3_000);
    });

    (database.name === 'PostgreSQL' ? it : it.skip)(
      'has a statement_timeout of 5 s within transactions only',
      async () => {
        const dataSource = await open(await database.url());
        const limit = async (manager: EntityManager): Promise<unknown> =>
          (await manager.query<object[]>("SELECT current_setting('statement_timeout') AS value"))[0];
        expect(await new Database(dataSource).transaction(limit)).toEqual({ value: '5s' });
        expect(await limit(dataSource.manager)).toEqual({ value: '0' });
      },
    );
  },
  ['PostgreSQL', 'MariaDB'],
);
