import { afterAll, expect, it } from '@jest/globals';
import { Database } from '../../../src/database/database.js';
import { MIGRATIONS, RevocationExpiry1764201600000 } from '../../../src/database/migrations.js';
import { TypeOrmRevocationStore } from '../../../src/database/typeorm-revocation-store.js';
import { describeEachDatabase } from '../../support/databases.js';
import { closeDatabases, open } from '../../support/opened-databases.js';

const EXPIRY = 1_800_000_000;

describeEachDatabase((database) => {
  afterAll(closeDatabases);

  it('keeps the revocations of the previous version for the largest clock tolerance', async () => {
    const url = await database.url();
    const before = MIGRATIONS.slice(0, MIGRATIONS.indexOf(RevocationExpiry1764201600000));
    const previous = await open(url, { migrations: before });
    const revocations = [0, 5, 60].map((tolerance) => ({
      key: `${tolerance}`,
      expiresAt: EXPIRY + tolerance,
    }));
    await new TypeOrmRevocationStore(new Database(previous)).add(revocations);
    await previous.destroy();

    for (let start = 0; start < 2; start++) {
      const current = new TypeOrmRevocationStore(new Database(await open(url)));
      expect(await current.since(0, 10)).toEqual(
        revocations.map(({ key, expiresAt }, index) => ({
          key,
          expiresAt: expiresAt + 60,
          revision: index + 1,
        })),
      );
    }
  });
});
