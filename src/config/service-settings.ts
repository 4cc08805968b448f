import { inspectDatabase } from '../database/inspect-database.js';
import type { LoadedSettings, Settings } from './settings.js';
import { lacksSharedSecret, withLocalSecrets } from './with-local-secrets.js';

/**
 * Completes the settings of a service that starts. The database is inspected only if a secret is missing,
 * before the secret is made.
 *
 * @throws {SettingsError} if a secret is missing, and must not or cannot be made
 * @throws {KeyEncryptionError} if the key encryption key decrypts no key in the database
 * @throws {DatabaseError} if the database cannot be read or reached
 */
export async function serviceSettings(loaded: LoadedSettings): Promise<Settings> {
  const isComplete = loaded.encryptionKey !== undefined && !lacksSharedSecret(loaded);
  const { sealedKeys } = isComplete ? { sealedKeys: [] } : await inspectDatabase(loaded.databaseUrl);
  return withLocalSecrets(loaded, sealedKeys, ['key-encryption-key', 'jwt-secret-key']);
}
