import { EntitySchema } from 'typeorm';

/** A row of a table of records: see {@link RecordStore}. */
export interface RecordRow {
  readonly id: string;
  readonly revision: number;
  /** JSON; null if the record was removed. */
  readonly document: string | null;
}

/** A row that is deleted some time after it expired; whole seconds since 1970. */
export interface ExpiringRow {
  readonly id: string;
  readonly expires_at: number;
}

/** The last revision that a change of a table was given. */
export interface RevisionRow {
  /** The name of the table. */
  readonly name: string;
  readonly value: number;
}

/** PostgreSQL and MySQL return 64-bit integers as strings; all of ours are far below 2^53. */
const bigInteger = {
  type: 'bigint',
  transformer: { to: (value: unknown) => value, from: (value: unknown) => Number(value) },
} as const;

const recordTable = (name: string): EntitySchema<RecordRow> =>
  new EntitySchema<RecordRow>({
    name,
    columns: {
      id: { type: 'varchar', length: 128, primary: true },
      revision: bigInteger,
      document: { type: 'text', nullable: true },
    },
  });

export const ClientTable = recordTable('identity_client');
export const KeyTable = recordTable('identity_key');
export const IssuerTable = recordTable('identity_issuer');

export const RevisionTable = new EntitySchema<RevisionRow>({
  name: 'identity_revision',
  columns: { name: { type: 'varchar', length: 32, primary: true }, value: bigInteger },
});

export const RevocationTable = new EntitySchema<ExpiringRow & { readonly revision: number }>({
  name: 'identity_revocation',
  columns: {
    id: { type: 'varchar', length: 64, primary: true },
    revision: bigInteger,
    expires_at: bigInteger,
  },
});

export const AssertionTable = new EntitySchema<ExpiringRow>({
  name: 'identity_assertion',
  columns: { id: { type: 'varchar', length: 64, primary: true }, expires_at: bigInteger },
});

/** A change by an administrator, as stored for the audit log. */
export interface AuditEventRow {
  readonly id: string;
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** JSON. */
  readonly document: string;
}

export const AuditEventTable = new EntitySchema<AuditEventRow>({
  name: 'identity_audit_event',
  columns: {
    id: { type: 'varchar', length: 64, primary: true },
    revision: bigInteger,
    time: bigInteger,
    document: { type: 'text' },
  },
});

export const ENTITIES = [
  ...[ClientTable, KeyTable, IssuerTable, RevisionTable],
  ...[RevocationTable, AssertionTable, AuditEventTable],
];
