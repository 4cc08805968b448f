import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadSettings } from '../config/load-settings.js';
import { type LoadedSettings, type Settings, SettingsError } from '../config/settings.js';
import { withLocalSecrets } from '../config/with-local-secrets.js';
import { databaseLocation, inspectDatabase } from '../database/inspect-database.js';
import { DatabaseError } from '../database/open-database.js';
import type { Location } from './location.js';
import type { Creation } from './services.js';

/**
 * Reads the settings of a command, and checks that their database exists or may be created. In a folder
 * without settings of the service, a command creates neither a database nor a secret unless it is asked to.
 *
 * @param creation whether the command may create a missing database
 * @param onCreate called with the path or location of a missing database that is about to be created
 * @throws {SettingsError} if the settings are invalid, or the key encryption key is missing
 * @throws {DatabaseError} if the database is missing and must not be created, or cannot be read
 */
export async function commandSettings(
  location: Location,
  creation: Creation,
  onCreate: (database: string) => void,
): Promise<Settings> {
  const directory = folder(location.directory);
  const envFile = location.envFile === undefined ? undefined : resolve(location.envFile);
  const loaded = loadSettings(directory, undefined, envFile);
  const { exists, sealedKeys } = await inspectDatabase(loaded.databaseUrl);
  if (isInMemory(loaded)) throw new DatabaseError(IN_MEMORY, false);
  const mayMake = creation === 'asked' || (creation === 'with settings' && loaded.isConfigured);
  if (!exists && !mayMake) throw missing(loaded, creation);
  const settings = withLocalSecrets(loaded, sealedKeys, mayMake ? ['key-encryption-key'] : []);
  if (!exists) onCreate(databaseLocation(loaded.databaseUrl));
  return settings;
}

const IN_MEMORY =
  'DATABASE_URL is sqlite::memory:, a database in the memory of the service, which no command can reach.';

function isInMemory({ databaseUrl }: LoadedSettings): boolean {
  return databaseLocation(databaseUrl) === ':memory:';
}

/**
 * @returns the absolute path of a folder, by default the current one
 * @throws {SettingsError} if it does not exist
 */
export function folder(path = '.'): string {
  const directory = resolve(path);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new SettingsError([`Folder not found: ${directory}`]);
  }
  return directory;
}

function missing({ databaseUrl }: LoadedSettings, creation: Creation): DatabaseError {
  const advice =
    creation === 'never'
      ? 'Start the service once, or register the first client.'
      : 'If a new one belongs here, add --create.';
  return new DatabaseError(
    `There is no database of identity-backend at ${databaseLocation(databaseUrl)}. ` +
      `Run the command in the folder of the service, or name that folder with --directory or its settings with --env-file. ${advice}`,
    false,
  );
}
