import { createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { KeyEncryptionError } from '../../../src/keys/key-encryption.js';
import { Administrator, ADMINISTRATOR_CLAIMS, basic } from '../../support/clients.js';
import { base64Url, signed } from '../../support/hand-made-token.js';
import { RunningApp } from '../../support/running-app.js';
import { SECRET, testSettings } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

interface Row {
  readonly id: string;
  readonly document: string;
}

let service: RunningApp;
let admin: Administrator;
let databaseUrl: string;
/** The rows of all tables, as a backup contains them. */
let rows: readonly Row[];
beforeAll(async () => {
  databaseUrl = `sqlite:${join(temporaryDirectory(), 'identity.db')}`;
  service = await RunningApp.start({ databaseUrl, authFailureMax: 0 });
  admin = await Administrator.of(service);
  const database = service.app.get<DataSource>(getDataSourceToken());
  const tables = await database.query<{ name: string }[]>(
    "SELECT name FROM sqlite_master WHERE type = 'table'",
  );
  const all: Row[] = [];
  for (const { name } of tables) all.push(...(await database.query<Row[]>(`SELECT * FROM ${name}`)));
  rows = all;
});
afterAll(async () => {
  await service.stop();
  removeTemporaryDirectories();
});

const text = (): string => JSON.stringify(rows);

interface StoredKey {
  readonly jwk: { readonly kid: string; readonly x: string };
  readonly sealed: string;
}

function storedKey(): StoredKey {
  const row = rows.find(({ document }) => document?.includes('sealed'));
  const found = /\{"jwk":.*?"sealed":"[\w-]+"/.exec(row?.document ?? '')?.[0];
  return JSON.parse(`${found}}`) as StoredKey;
}

/** Every text of at least 16 characters in the rows. */
const longTexts = (): string[] => [...new Set(text().match(/[\w-]{16,}/g))];

describe('a backup of the database', () => {
  it('contains the client and an encrypted key', () => {
    expect(text()).toContain('admin');
    expect(storedKey().sealed.length).toBeGreaterThan(100);
  });

  it('contains no client secret, shared secret, key encryption key or private key', () => {
    const { encryptionKey } = testSettings();
    for (const secret of [admin.client.secret, SECRET, encryptionKey]) {
      expect(text()).not.toContain(secret);
      expect(text()).not.toContain(base64Url(secret));
    }
    expect(text()).not.toMatch(/PRIVATE KEY|\\*"d\\*":/);
  });

  it('contains no text that authenticates the client', async () => {
    expect(longTexts().length).toBeGreaterThan(3);
    const hash = createHash('sha256').update(admin.client.secret).digest('base64url');
    expect(longTexts()).toContain(hash);
    for (const found of longTexts()) {
      const authorization = basic('admin', found);
      const { status } = await service.form('/oauth2/token', 'grant_type=client_credentials', {
        authorization,
      });
      expect([found, status]).toEqual([found, 401]);
    }
  });

  it('contains no text that signs a valid admin token as an HMAC key', async () => {
    const { jwk } = storedKey();
    for (const found of longTexts()) {
      for (const key of [found, Buffer.from(found, 'base64url')]) {
        const header = { alg: 'HS256', typ: 'at+jwt', kid: jwk.kid };
        const token = signed(
          `${base64Url(JSON.stringify(header))}.${base64Url(JSON.stringify(ADMINISTRATOR_CLAIMS))}`,
          key,
        );
        expect((await service.get('/admin/clients', { authorization: `Bearer ${token}` })).status).toBe(401);
      }
    }
  });

  it.each([
    ['the shared secret', SECRET],
    ['an empty secret', ''],
    ['a placeholder', 'changeme'],
    ['the HKDF label of the key', 'identity-backend/key-encryption/v1'],
  ])('contains a private key that %s does not decrypt', (_name, secret) => {
    const { sealed, jwk } = storedKey();
    expect(opened(sealed, jwk.kid, secret)).toBeUndefined();
  });

  it('contains a private key that KEY_ENCRYPTION_KEY decrypts, with its own kid only', () => {
    const { sealed, jwk } = storedKey();
    expect(opened(sealed, jwk.kid, testSettings().encryptionKey)).toBeInstanceOf(Buffer);
    expect(opened(sealed, 'another-kid', testSettings().encryptionKey)).toBeUndefined();
  });

  it('is rejected at start with another KEY_ENCRYPTION_KEY, and still works with its own', async () => {
    for (const encryptionKey of [SECRET, 'another key-encryption key of a test'])
      await expect(RunningApp.start({ databaseUrl, encryptionKey })).rejects.toThrow(KeyEncryptionError);
    const again = await RunningApp.start({ databaseUrl });
    const { authorization } = admin.client;
    const response = await again.form('/oauth2/token', 'grant_type=client_credentials', { authorization });
    await again.stop();
    expect(response.status).toBe(200);
  });
});

/** Decrypts a key as the service does, with code of its own; tries other ways to derive the AES key too. */
function opened(sealed: string, label: string, secret: string): Buffer | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  const keys = [
    Buffer.from(hkdfSync('sha256', secret, '', 'identity-backend/key-encryption/v1', 32)),
    createHash('sha256').update(secret).digest(),
    Buffer.alloc(32, secret),
  ];
  for (const key of keys) {
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
        .setAAD(Buffer.from(label))
        .setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    } catch {
      // Try the next key.
    }
  }
  return undefined;
}
