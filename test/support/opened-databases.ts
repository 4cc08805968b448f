import type { DataSource, DataSourceOptions } from 'typeorm';
import { DatabaseError, databaseOptions, openDatabase } from '../../src/database/open-database.js';

const opened: DataSource[] = [];

/** Opens a database as the service does; {@link closeDatabases} closes it. */
export async function open(url: string, changes: Partial<DataSourceOptions> = {}): Promise<DataSource> {
  const options = { ...(await databaseOptions(url)), ...changes } as DataSourceOptions;
  const dataSource = await openDatabase(options);
  opened.push(dataSource);
  return dataSource;
}

/** The error with which a database does not open. */
export async function refusalToOpen(
  url: string,
  changes: Partial<DataSourceOptions> = {},
): Promise<DatabaseError> {
  try {
    await open(url, changes);
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  }
  throw new Error('The database was opened');
}

/** Closes the databases that are still open, before they are removed; for `afterAll`. */
export async function closeDatabases(): Promise<void> {
  for (const dataSource of opened.splice(0)) if (dataSource.isInitialized) await dataSource.destroy();
}
