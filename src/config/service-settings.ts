import { inspectDatabase } from '../database/inspect-database.js';
import type { LoadedSettings, Settings } from './settings.js';
import { lacksSharedSecret, withLocalSecrets } from './with-local-secrets.js';

/**
 * The settings of a service that starts. Only if a secret is missing, the database is inspected before the
 * secret is made.
 *
 * @throws {SettingsError}
 * @throws {KeyEncryptionError}
 * @throws {DatabaseError}
 */
export async function serviceSettings(loaded: LoadedSettings): Promise<Settings> {
  const isComplete = loaded.encryptionKey !== undefined && !lacksSharedSecret(loaded);
  const { sealedKeys } = isComplete ? { sealedKeys: [] } : await inspectDatabase(loaded.databaseUrl);
  return withLocalSecrets(loaded, sealedKeys, ['key-encryption-key', 'jwt-secret-key']);
}
