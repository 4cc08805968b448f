import { afterAll, describe, expect, it } from '@jest/globals';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { Database } from '../../../src/database/database.js';
import { ClientTable } from '../../../src/database/entities.js';
import { MIGRATIONS } from '../../../src/database/migrations.js';
import { TypeOrmRecordStore } from '../../../src/database/typeorm-record-store.js';
import { describeEachDatabase } from '../../support/databases.js';
import { closeDatabases, open, refusalToOpen } from '../../support/opened-databases.js';

const LATER = 4_000_000_000_000;

/** A migration of a later version that fails after it has created a table and changed all clients. */
class HalfWay implements MigrationInterface {
  readonly name: string = `Later${LATER}`;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE identity_later (id integer)');
    await runner.query("UPDATE identity_client SET document = 'ruined'");
    await this.finish(runner);
  }

  async down(): Promise<void> {}

  protected async finish(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE no_such_table ADD COLUMN marker integer');
  }
}

/** The same migration, fixed. */
class Fixed extends HalfWay {
  protected override async finish(runner: QueryRunner): Promise<void> {
    await runner.query('UPDATE identity_client SET document = NULL');
  }
}

const store = (dataSource: DataSource) =>
  new TypeOrmRecordStore<{ n: number }>(new Database(dataSource), ClientTable);

async function hasTable(dataSource: DataSource, name: string): Promise<boolean> {
  const runner = dataSource.createQueryRunner();
  try {
    return await runner.hasTable(name);
  } finally {
    await runner.release();
  }
}

describeEachDatabase((database) => {
  afterAll(closeDatabases);

  /** A database of this version with one client. */
  async function used(): Promise<string> {
    const url = await database.url();
    const dataSource = await open(url);
    await store(dataSource).change('a', () => ({ n: 1 }));
    await dataSource.destroy();
    return url;
  }

  // MySQL commits at each statement that defines a table: see the migrations.
  const itUndoes = database.name === 'MariaDB' ? it.skip : it;

  describe('a migration that fails half-way', () => {
    itUndoes('leaves the data unchanged, and the previous version can continue with it', async () => {
      const url = await used();
      await refusalToOpen(url, { migrations: [...MIGRATIONS, HalfWay] });
      const previous = await open(url);
      expect(await hasTable(previous, 'identity_later')).toBe(false);
      expect(await store(previous).changesSince(0, 10)).toEqual([{ id: 'a', revision: 1, value: { n: 1 } }]);
      expect(await store(previous).change('a', () => ({ n: 2 }))).toMatchObject({ revision: 2 });
    });

    itUndoes('can run again after a fix', async () => {
      const url = await used();
      await refusalToOpen(url, { migrations: [...MIGRATIONS, HalfWay] });
      const later = await open(url, { migrations: [...MIGRATIONS, Fixed] });
      expect(await hasTable(later, 'identity_later')).toBe(true);
      expect(await store(later).changesSince(0, 10)).toMatchObject([{ value: undefined }]);
    });

    it('is reported with what to do, and is not retried', async () => {
      const url = await used();
      const { message, mayRecover } = await refusalToOpen(url, { migrations: [...MIGRATIONS, HalfWay] });
      expect(mayRecover).toBe(false);
      expect(message).toMatch(/^The tables of the database could not be brought up to date: /);
      expect(message).toMatch(/no_such_table|no such table/);
      expect(message).toContain(
        'start the previous version again, or fix the cause and start this one again',
      );
    });
  });

  it('continues a migration that stopped half-way and left only some of the tables', async () => {
    const url = await used();
    const broken = await open(url);
    await broken.query('DROP TABLE identity_assertion');
    await broken.query('DELETE FROM identity_migration');
    await broken.destroy();
    const reopened = await open(url);
    expect(await hasTable(reopened, 'identity_assertion')).toBe(true);
    expect(await store(reopened).change('a', (current) => ({ n: (current?.n ?? 0) + 1 }))).toEqual({
      id: 'a',
      revision: 2,
      value: { n: 2 },
    });
  });

  it('drops its tables if the migrations are undone, and creates them again', async () => {
    const dataSource = await open(await database.url());
    for (const _ of MIGRATIONS) await dataSource.undoLastMigration();
    expect(await hasTable(dataSource, 'identity_client')).toBe(false);
    await dataSource.runMigrations();
    expect(await store(dataSource).change('a', () => ({ n: 1 }))).toMatchObject({ revision: 1 });
  });
});
