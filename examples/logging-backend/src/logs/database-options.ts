import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DataSourceOptions } from 'typeorm';
import { LogEntry } from './log-entry.js';
import { Logs1764201600000 } from './migrations.js';

/** How long a connection or a statement may take, in milliseconds. */
const PATIENCE = 5_000;

/** @param url `sqlite:PATH`, `postgres://…` or `mysql://…`; never repeated in an error, as it holds a password */
export async function databaseOptions(url: string): Promise<DataSourceOptions> {
  const shared = { entities: [LogEntry], migrations: [Logs1764201600000], migrationsRun: true };
  if (/^postgres(ql)?:\/\//.test(url)) {
    return {
      ...shared,
      type: 'postgres',
      url,
      connectTimeoutMS: PATIENCE,
      extra: { statement_timeout: PATIENCE },
    };
  }
  if (/^(mysql|mariadb):\/\//.test(url)) {
    return { ...shared, type: 'mysql', url, connectTimeout: PATIENCE, charset: 'utf8mb4' };
  }
  if (!url.startsWith('sqlite:'))
    throw new Error('LOG_DB_URL must begin with sqlite:, postgres:// or mysql://');
  const path = url.replace(/^sqlite:(\/\/)?/, '');
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return {
    ...shared,
    type: 'better-sqlite3',
    database: path,
    // libsql has the interface of better-sqlite3, and is not compiled when it is installed.
    driver: ((await import('libsql')) as { default: unknown }).default,
    prepareDatabase(database: { pragma(text: string): unknown }) {
      database.pragma(`busy_timeout = ${PATIENCE}`);
      database.pragma('journal_mode = WAL');
    },
  };
}
