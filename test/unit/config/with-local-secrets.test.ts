import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../../src/config/load-settings.js';
import type { Settings } from '../../../src/config/settings.js';
import { type LocalSecretName, withLocalSecrets } from '../../../src/config/with-local-secrets.js';
import { KeyEncryption } from '../../../src/keys/key-encryption.js';
import type { SealedKey } from '../../../src/database/inspect-database.js';
import { SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const BOTH: LocalSecretName[] = ['key-encryption-key', 'jwt-secret-key'];
const KEY = 'a-key-encryption-key-of-32-bytes';
const OTHER_KEY = 'another-key-encryption-key-32-by';

afterAll(removeTemporaryDirectories);

const sealedBy = (key: string, kid = 'kid-1'): SealedKey => ({
  kid,
  sealed: new KeyEncryption(key, []).seal(Buffer.from('private'), kid),
});

function complete(
  directory: string,
  variables: Record<string, string> = {},
  sealedKeys: readonly SealedKey[] = [],
  mayMake = BOTH,
): Settings {
  return withLocalSecrets(loadSettings(directory, variables), sealedKeys, mayMake);
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
}

describe('withLocalSecrets, on a database without private keys', () => {
  it('creates both secrets with mode 0600 and reads them again', () => {
    const directory = temporaryDirectory();
    const { encryptionKey, secret = '', notices } = complete(directory);
    const path = join(directory, 'data', 'jwt-secret-key');
    expect(readFileSync(path, 'utf8')).toBe(secret);
    expect(readFileSync(join(directory, 'data', 'key-encryption-key'), 'utf8')).toBe(encryptionKey);
    for (const name of BOTH) expect(statSync(join(directory, 'data', name)).mode & 0o777).toBe(0o600);
    expect(notices[0]).toBe(`JWT_SECRET_KEY is not set: made one and kept it in ${path}`);
    expect(notices.join()).not.toContain(secret);
    expect(complete(directory)).toMatchObject({ encryptionKey, secret, notices: [] });
  });

  it.each<[string, Record<string, string>, string[]]>([
    ['the shared secret if it is set', { JWT_SECRET_KEY: SECRET }, ['key-encryption-key']],
    ['the key encryption key if it is set', { KEY_ENCRYPTION_KEY: KEY }, ['jwt-secret-key']],
    ['the shared secret if no algorithm needs it', { JWT_ALGORITHM: 'ES256' }, ['key-encryption-key']],
  ])('does not create %s', (_name, variables, made) => {
    const directory = temporaryDirectory();
    complete(directory, variables);
    expect(readdirSync(join(directory, 'data'))).toEqual(made);
  });

  it('creates no secret that mayMake does not list', () => {
    const directory = temporaryDirectory();
    expect(() => complete(directory, {}, [], [])).toThrow(join(directory, 'data', 'key-encryption-key'));
    expect(complete(directory, { KEY_ENCRYPTION_KEY: KEY }, [], []).secret).toBeUndefined();
    expect(filesOf(directory)).toEqual([]);
  });
});

describe('withLocalSecrets, on a database with private keys', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['no key encryption key', {}, /there is no \S+\/data\/key-encryption-key: [^]*Restore that file/],
    ['a shared secret but no key encryption key', { JWT_SECRET_KEY: SECRET }, /Restore that file/],
    ['another key encryption key', { KEY_ENCRYPTION_KEY: OTHER_KEY }, /KEY_ENCRYPTION_KEY does not decrypt/],
  ])('throws with %s and creates nothing', (_name, variables, words) => {
    const directory = temporaryDirectory();
    const keys = [sealedBy(KEY), sealedBy(KEY, 'kid-2')];
    expect(() => complete(directory, variables, keys)).toThrow(words);
    expect(filesOf(directory)).toEqual([]);
  });

  it('rejects another key encryption key in data/ and creates no shared secret', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'data'));
    writeFileSync(join(directory, 'data', 'key-encryption-key'), OTHER_KEY);
    expect(() => complete(directory, {}, [sealedBy(KEY)])).toThrow(/does not decrypt/);
    expect(filesOf(directory)).toEqual(['data', 'data/key-encryption-key']);
  });

  it.each<[string, Record<string, string>]>([
    ['KEY_ENCRYPTION_KEY', { KEY_ENCRYPTION_KEY: KEY }],
    ['KEY_ENCRYPTION_KEY_PREVIOUS', { KEY_ENCRYPTION_KEY: OTHER_KEY, KEY_ENCRYPTION_KEY_PREVIOUS: KEY }],
  ])('creates the shared secret if a stored key can be decrypted with %s', (_name, variables) => {
    const directory = temporaryDirectory();
    const keys = [sealedBy('a-key-encryption-key-that-is-gone', 'retired'), sealedBy(KEY)];
    complete(directory, variables, keys);
    expect(readdirSync(join(directory, 'data'))).toEqual(['jwt-secret-key']);
  });
});
