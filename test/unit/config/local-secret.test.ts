import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { localSecret } from '../../../src/config/local-secret.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

afterAll(removeTemporaryDirectories);

describe('localSecret', () => {
  it('creates a secret in a file that only its owner can read', () => {
    const directory = join(temporaryDirectory(), 'data');
    const { secret, madeAt = '' } = localSecret(directory, 'a-secret');
    expect(madeAt).toBe(join(directory, 'a-secret'));
    expect(Buffer.byteLength(secret)).toBeGreaterThanOrEqual(64);
    expect(readFileSync(madeAt, 'utf8')).toBe(secret);
    expect(statSync(madeAt).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('leaves no other file behind', () => {
    const directory = temporaryDirectory();
    localSecret(directory, 'a-secret');
    localSecret(directory, 'a-secret');
    expect(readdirSync(directory)).toEqual(['a-secret']);
  });

  it('returns an existing secret without madeAt', () => {
    const directory = temporaryDirectory();
    const { secret } = localSecret(directory, 'a-secret');
    expect(localSecret(directory, 'a-secret')).toEqual({ secret });
  });

  it('creates a different secret for each directory and each name', () => {
    const directory = temporaryDirectory();
    const secrets = [
      localSecret(directory, 'a-secret').secret,
      localSecret(directory, 'b-secret').secret,
      localSecret(temporaryDirectory(), 'a-secret').secret,
    ];
    expect(new Set(secrets).size).toBe(3);
  });

  it('reads a secret that an operator wrote, without the trailing newline', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a-secret'), 'written by hand\n');
    expect(localSecret(directory, 'a-secret')).toEqual({ secret: 'written by hand' });
  });

  it('rejects an empty file and leaves it unchanged', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a-secret'), '\n');
    expect(() => localSecret(directory, 'a-secret')).toThrow('is empty');
    expect(readFileSync(join(directory, 'a-secret'), 'utf8')).toBe('\n');
  });

  it('throws ENOTDIR or EEXIST if the directory is a file', () => {
    const path = join(temporaryDirectory(), 'data');
    writeFileSync(path, '');
    chmodSync(path, 0o600);
    expect(() => localSecret(path, 'a-secret')).toThrow(/ENOTDIR|EEXIST/);
  });
});
