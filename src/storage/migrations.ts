import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { DatabaseKind } from './database-url.js';

/** What differs between the databases in the definition of a table. */
interface Dialect {
  /** The type of a name that is compared byte for byte. */
  readonly name: (length: number) => string;
  /** The type of a text of any length. */
  readonly text: string;
  readonly tableOptions: string;
}

const DIALECTS: Readonly<Record<DatabaseKind, Dialect>> = {
  sqlite: { name: (length) => `varchar(${length})`, text: 'text', tableOptions: '' },
  postgres: { name: (length) => `varchar(${length}) COLLATE "C"`, text: 'text', tableOptions: '' },
  mysql: {
    name: (length) => `varchar(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    text: 'longtext CHARACTER SET utf8mb4',
    tableOptions: ' ENGINE=InnoDB',
  },
};

function dialectOf(runner: QueryRunner): Dialect {
  const { type } = runner.dataSource.options;
  return DIALECTS[type === 'postgres' || type === 'mysql' ? type : 'sqlite'];
}

/**
 * The tables of clients and keys. MySQL ends a transaction with each definition of a table, so a migration that failed
 * half-way must be able to run again: everything is made only where it is not there.
 */
export class Clients1764028800000 implements MigrationInterface {
  readonly name = 'Clients1764028800000';

  async up(runner: QueryRunner): Promise<void> {
    const { name, text, tableOptions } = dialectOf(runner);
    await runner.query(
      `CREATE TABLE IF NOT EXISTS identity_revision (name ${name(32)} NOT NULL PRIMARY KEY, value bigint NOT NULL)${tableOptions}`,
    );
    for (const table of ['identity_client', 'identity_key']) {
      await runner.query(
        `CREATE TABLE IF NOT EXISTS ${table} (id ${name(128)} NOT NULL PRIMARY KEY, revision bigint NOT NULL UNIQUE, document ${text})${tableOptions}`,
      );
      await runner.query(
        `INSERT INTO identity_revision (name, value) SELECT '${table}', 0 FROM (SELECT 1 AS one) AS here WHERE NOT EXISTS (SELECT 1 FROM identity_revision WHERE name = '${table}')`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['identity_client', 'identity_key', 'identity_revision']) {
      await runner.query(`DROP TABLE IF EXISTS ${table}`);
    }
  }
}

/** In the order in which they run. A migration that was released is never changed. */
export const MIGRATIONS = [Clients1764028800000];
