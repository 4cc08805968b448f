import { describe, expect, it } from '@jest/globals';
import { SettingsError } from '../../../src/config/settings.js';
import { DatabaseError } from '../../../src/database/database-error.js';
import { KeyEncryptionError } from '../../../src/keys/key-encryption.js';
import { exitCode } from '../../../src/start/exit-code.js';

describe('exitCode', () => {
  it.each([
    [78, new SettingsError(['JWT_SECRET_KEY is missing'])],
    [78, new KeyEncryptionError('KEY_ENCRYPTION_KEY does not decrypt the keys in the database')],
    [78, new DatabaseError('password authentication failed', false)],
    [1, new DatabaseError('connection refused', true)],
    [1, new TypeError('unexpected')],
    [1, 'a thrown string'],
  ])('is %i for %s', (code, error) => {
    expect(exitCode(error)).toBe(code);
  });
});
