import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { localSecret } from '../../../src/config/local-secret.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

afterAll(removeTemporaryDirectories);

describe('localSecret', () => {
  it('makes a secret, in a file that only its owner can read', () => {
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

  it('finds the secret again, and says that it did not make it', () => {
    const directory = temporaryDirectory();
    const { secret } = localSecret(directory, 'a-secret');
    expect(localSecret(directory, 'a-secret')).toEqual({ secret });
  });

  it('makes another secret for each installation and for each name', () => {
    const directory = temporaryDirectory();
    const secrets = [
      localSecret(directory, 'a-secret').secret,
      localSecret(directory, 'b-secret').secret,
      localSecret(temporaryDirectory(), 'a-secret').secret,
    ];
    expect(new Set(secrets).size).toBe(3);
  });

  it('takes a secret that an operator wrote, without the newline of the editor', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a-secret'), 'written by hand\n');
    expect(localSecret(directory, 'a-secret')).toEqual({ secret: 'written by hand' });
  });

  it('rejects an empty file instead of signing with nothing', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a-secret'), '\n');
    expect(() => localSecret(directory, 'a-secret')).toThrow('is empty');
    expect(readFileSync(join(directory, 'a-secret'), 'utf8')).toBe('\n');
  });

  it('fails if the directory is a file', () => {
    const path = join(temporaryDirectory(), 'data');
    writeFileSync(path, '');
    chmodSync(path, 0o600);
    expect(() => localSecret(path, 'a-secret')).toThrow(/ENOTDIR|EEXIST/);
  });
});
