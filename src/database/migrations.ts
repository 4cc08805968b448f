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
 * The tables of clients and keys. MySQL commits with each DDL statement, so a migration that failed half-way
 * must be able to run again: everything is created only if it does not exist.
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
      await countRevisionsOf(table, runner);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['identity_client', 'identity_key', 'identity_revision']) {
      await runner.query(`DROP TABLE IF EXISTS ${table}`);
    }
  }
}

/** The tables of revoked tokens and of used assertions, with indexes to find what has expired. */
export class Revocations1764115200000 implements MigrationInterface {
  readonly name = 'Revocations1764115200000';

  async up(runner: QueryRunner): Promise<void> {
    const { name, tableOptions } = dialectOf(runner);
    await runner.query(
      `CREATE TABLE IF NOT EXISTS identity_revocation (id ${name(64)} NOT NULL PRIMARY KEY, revision bigint NOT NULL UNIQUE, expires_at bigint NOT NULL)${tableOptions}`,
    );
    await countRevisionsOf('identity_revocation', runner);
    await runner.query(
      `CREATE TABLE IF NOT EXISTS identity_assertion (id ${name(64)} NOT NULL PRIMARY KEY, expires_at bigint NOT NULL)${tableOptions}`,
    );
    for (const table of ['identity_revocation', 'identity_assertion']) await indexExpiryOf(table, runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['identity_revocation', 'identity_assertion']) {
      await runner.query(`DROP TABLE IF EXISTS ${table}`);
    }
    await runner.query(`DELETE FROM identity_revision WHERE name = 'identity_revocation'`);
  }
}

/**
 * Revocations outlive their tokens by the largest clock tolerance, a minute, and not by the tolerance at the
 * time of the revocation, which is unknown. Keeping one for too long does no harm.
 */
export class RevocationExpiry1764201600000 implements MigrationInterface {
  readonly name = 'RevocationExpiry1764201600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('UPDATE identity_revocation SET expires_at = expires_at + 60');
  }

  async down(): Promise<void> {}
}

/** The table of changes by administrators. */
export class AuditEvents1764288000000 implements MigrationInterface {
  readonly name = 'AuditEvents1764288000000';

  async up(runner: QueryRunner): Promise<void> {
    const { name, text, tableOptions } = dialectOf(runner);
    await runner.query(
      `CREATE TABLE IF NOT EXISTS identity_audit_event (id ${name(64)} NOT NULL PRIMARY KEY, revision bigint NOT NULL UNIQUE, time bigint NOT NULL, document ${text} NOT NULL)${tableOptions}`,
    );
    await countRevisionsOf('identity_audit_event', runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE IF EXISTS identity_audit_event');
    await runner.query(`DELETE FROM identity_revision WHERE name = 'identity_audit_event'`);
  }
}

/** The table of trusted issuers. */
export class TrustedIssuers1764374400000 implements MigrationInterface {
  readonly name = 'TrustedIssuers1764374400000';

  async up(runner: QueryRunner): Promise<void> {
    const { name, text, tableOptions } = dialectOf(runner);
    await runner.query(
      `CREATE TABLE IF NOT EXISTS identity_issuer (id ${name(128)} NOT NULL PRIMARY KEY, revision bigint NOT NULL UNIQUE, document ${text})${tableOptions}`,
    );
    await countRevisionsOf('identity_issuer', runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE IF EXISTS identity_issuer');
    await runner.query(`DELETE FROM identity_revision WHERE name = 'identity_issuer'`);
  }
}

async function countRevisionsOf(table: string, runner: QueryRunner): Promise<void> {
  await runner.query(
    `INSERT INTO identity_revision (name, value) SELECT '${table}', 0 FROM (SELECT 1 AS one) AS here WHERE NOT EXISTS (SELECT 1 FROM identity_revision WHERE name = '${table}')`,
  );
}

async function indexExpiryOf(table: string, runner: QueryRunner): Promise<void> {
  const index = `${table}_expires_at`;
  const { indices } = (await runner.getTable(table)) ?? { indices: [] };
  if (!indices.some(({ name }) => name === index)) {
    await runner.query(`CREATE INDEX ${index} ON ${table} (expires_at)`);
  }
}

/** In the order in which they run. A released migration never changes. */
export const MIGRATIONS = [
  Clients1764028800000,
  Revocations1764115200000,
  RevocationExpiry1764201600000,
  AuditEvents1764288000000,
  TrustedIssuers1764374400000,
];
