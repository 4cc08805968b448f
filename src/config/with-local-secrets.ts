import { join } from 'node:path';
import { ALGORITHMS } from '../jwt/algorithms.js';
import { KeyEncryption, KeyEncryptionError } from '../keys/key-encryption.js';
import { algorithmsInForce } from '../keys/key-ring.js';
import type { SealedKey } from '../database/inspect-database.js';
import { cannotKeep, localSecret } from './local-secret.js';
import { type LoadedSettings, type Settings, SettingsError } from './settings.js';

/**
 * The secrets that an installation can make for itself: their settings, keyed by the names of their files.
 */
const VARIABLES = {
  'key-encryption-key': 'KEY_ENCRYPTION_KEY',
  'jwt-secret-key': 'JWT_SECRET_KEY',
} as const;

/** The name of the file of a secret that an installation can make for itself. */
export type LocalSecretName = keyof typeof VARIABLES;

/**
 * Makes the missing secrets. A database with private keys needs the key encryption key that encrypted them,
 * and a new one would hide that it is lost: nothing is made before a stored key is known to decrypt.
 *
 * @param sealedKeys the private keys in the database
 * @param mayMake the secrets that may be made
 * @throws {SettingsError} if the key encryption key is missing and must not be made, or a secret cannot be
 *   stored
 * @throws {KeyEncryptionError} if the key encryption key exists, and decrypts no key in the database
 */
export function withLocalSecrets(
  loaded: LoadedSettings,
  sealedKeys: readonly SealedKey[],
  mayMake: readonly LocalSecretName[],
): Settings {
  const { encryptionKey, notices } = loaded;
  const makesSecret = lacksSharedSecret(loaded) && mayMake.includes('jwt-secret-key');
  if (encryptionKey === undefined) checkKeyMayBeMade(loaded, sealedKeys, mayMake);
  else if (makesSecret) checkOneKeyDecrypts(sealedKeys, encryptionKey, loaded.previousEncryptionKeys);
  const key = encryptionKey ?? make(loaded, 'key-encryption-key').secret;
  if (!makesSecret) return Object.freeze({ ...loaded, encryptionKey: key });
  const made = make(loaded, 'jwt-secret-key');
  const notice = `JWT_SECRET_KEY is not set: made one and kept it in ${made.madeAt ?? ''}`;
  return Object.freeze({
    ...loaded,
    encryptionKey: key,
    secret: made.secret,
    notices: [...(made.madeAt === undefined ? [] : [notice]), ...notices],
  });
}

/** Whether the shared secret is neither set nor kept, and some configured algorithm needs it. */
export function lacksSharedSecret(loaded: LoadedSettings): boolean {
  const isShared = [...algorithmsInForce(loaded)].some((algorithm) => ALGORITHMS[algorithm].shared);
  return loaded.secret === undefined && isShared;
}

function checkKeyMayBeMade(
  { dataDirectory }: LoadedSettings,
  sealedKeys: readonly SealedKey[],
  mayMake: readonly LocalSecretName[],
): void {
  const missing = `KEY_ENCRYPTION_KEY is not set, and there is no ${join(dataDirectory, 'key-encryption-key')}`;
  if (sealedKeys.length > 0) {
    throw new SettingsError([
      `${missing}: the private keys in the database were encrypted with it. ` +
        'Restore that file, or set KEY_ENCRYPTION_KEY. Nothing was changed',
    ]);
  }
  if (!mayMake.includes('key-encryption-key')) {
    throw new SettingsError([`${missing}: the service makes it when it starts in this folder`]);
  }
}

/**
 * Checks that one of the keys decrypts. One is enough: keys that were retired long ago may need a key
 * encryption key that was lost since.
 */
function checkOneKeyDecrypts(keys: readonly SealedKey[], current: string, previous: readonly string[]): void {
  const encryption = new KeyEncryption(current, previous);
  let refusal: KeyEncryptionError | undefined;
  for (const { kid, sealed } of keys) {
    try {
      encryption.open(sealed, kid);
      return;
    } catch (error) {
      if (!(error instanceof KeyEncryptionError)) throw error;
      refusal = error;
    }
  }
  if (refusal) throw refusal;
}

function make({ dataDirectory }: LoadedSettings, name: LocalSecretName): ReturnType<typeof localSecret> {
  try {
    return localSecret(dataDirectory, name);
  } catch (error) {
    throw cannotKeep(VARIABLES[name], error);
  }
}
