import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/clients/client.js';
import { ClientRegistry } from '../../../src/clients/client-registry.js';
import { BAD_KEYS } from '../../support/bad-keys.js';
import {
  assertionParameters,
  type ClientKey,
  makeAssertion,
  makeClientKey,
} from '../../support/client-assertion.js';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { CommandLine } from '../../support/command-line.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';
import { SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const ENCRYPTION_KEY = 'a-key-encryption-key-of-the-tests-0123456789';

const usable = makeClientKey('ES256', { kid: 'usable' });
/** Registered before the `use` of keys was checked. */
const forEncryption = makeClientKey('ES256', { kid: 'for\u202eencryption', use: 'enc' });
const repeated = [
  makeClientKey('EdDSA', { kid: 'twice' }),
  makeClientKey('EdDSA', { kid: 'twice' }),
] as const;

let service: RunningApp;
let admin: Administrator;
let client: TestClient;
const directory = temporaryDirectory();
const databaseUrl = `sqlite:${join(directory, 'identity.db')}`;
const jwks = {
  keys: [usable.jwk, forEncryption.jwk, ...repeated.map(({ jwk }) => jwk), ...BAD_KEYS.map(([, jwk]) => jwk)],
};

beforeAll(async () => {
  const before = await RunningApp.start({ databaseUrl, authFailureMax: 0 });
  client = await makeClient(before, 'weak', { audiences: ['logging-service'], jwks: { keys: [usable.jwk] } });
  await makeClient(before, 'sound', { jwks: { keys: [usable.jwk] } });
  // As an earlier version registered it: the rules are enforced by the routes, not by the database.
  await before.app
    .get(ClientRegistry)
    .change('weak', (current) => current && { ...current, jwks: jwks as unknown as Client['jwks'] });
  await before.stop();
  service = await RunningApp.start({ databaseUrl, authFailureMax: 0 });
  admin = await Administrator.of(service);
});
afterAll(async () => {
  await service.stop();
  removeTemporaryDirectories();
});

const show = (key: ClientKey, kid?: unknown): Promise<ServiceResponse> =>
  service.form('/oauth2/token', {
    grant_type: 'client_credentials',
    ...assertionParameters(makeAssertion(key, 'weak', { header: { kid } })),
  });

describe('a client registered with keys that are rejected today', () => {
  it('is returned with its keys, and is in the list', async () => {
    expect((await admin.show('weak')).body['jwks']).toEqual(jwks);
    expect((await admin.list()).body['clients']).toContainEqual(
      expect.objectContaining({ client_id: 'weak' }),
    );
  });

  it('authenticates with its valid key and with its secret', async () => {
    expect((await show(usable, 'usable')).status).toBe(200);
    expect((await show(usable)).status).toBe(200);
    const byBasic = await service.form('/oauth2/token', 'grant_type=client_credentials', {
      authorization: client.authorization,
    });
    expect(byBasic.status).toBe(200);
  });

  it('cannot authenticate with the other keys', async () => {
    for (const key of [forEncryption, ...repeated])
      for (const kid of [key.jwk['kid'], undefined])
        expect([kid, (await show(key, kid)).status]).toEqual([kid, 401]);
  });

  it('can be changed in other fields, disabled and enabled', async () => {
    for (const patch of [{ name: 'Renamed' }, { scopes: ['a'] }, { disabled: true }, { disabled: false }]) {
      const { status, body } = await admin.update('weak', patch);
      expect([status, body]).toEqual([200, expect.objectContaining(patch)]);
    }
    expect((await admin.addSecret('weak')).status).toBe(201);
  });

  it('cannot be given such keys by an update: 400', async () => {
    const { status, body } = await admin.update('weak', { jwks: { keys: jwks.keys.slice(0, 4) } });
    expect([status, body['error']]).toEqual([400, expect.stringMatching(/^jwks /)]);
    for (const key of [forEncryption.jwk, ...BAD_KEYS.slice(0, 5).map(([, jwk]) => jwk)]) {
      const refused = await admin.update('weak', { jwks: { keys: [usable.jwk, key] } });
      expect([refused.status, refused.body['error']]).toEqual([
        400,
        expect.stringMatching(/^jwks keys\[1\] has /),
      ]);
    }
  });

  it('is reported by doctor, with each key that it cannot use', async () => {
    const cli = CommandLine.prepare().with(
      { DATABASE_URL: databaseUrl, KEY_ENCRYPTION_KEY: ENCRYPTION_KEY, JWT_SECRET_KEY: SECRET },
      directory,
    );
    const { code, stdout } = await cli.run('doctor', '--json');
    const about = (JSON.parse(stdout) as { findings: { about: string }[] }).findings
      .map((finding) => finding.about)
      .filter((words) => words.startsWith('Client '));
    expect(about).toHaveLength(jwks.keys.length - 1);
    expect(about[0]).toBe(
      'Client weak cannot use its key 1 (kid "for\\u202eencryption"), which has a use other than sig; register another one',
    );
    expect(about[1]).toMatch(
      /^Client weak cannot use its key 2 \(kid "twice"\), which has the kid of another key/,
    );
    expect(stdout).not.toContain(String(usable.jwk.x));
    expect(code).toBe(1);
  });

  it('can be deleted', async () => {
    expect((await admin.remove('weak')).status).toBe(204);
    expect((await show(usable)).status).toBe(401);
  });
});
