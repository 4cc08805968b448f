import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic } from '../../support/clients.js';
import { Commands, type Ran } from '../../support/commands.js';
import { RunningApp } from '../../support/running-app.js';
import { testSettings } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';
import { until } from '../../support/until.js';

/** How long the service may take to notice a change by another process. */
const SOON = 5_000;

const jwks = {
  keys: [generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })],
};

let directory: string;
let commands: Commands;
/** A service that runs all the time, on the database of the commands. */
let service: RunningApp;
beforeAll(async () => {
  directory = temporaryDirectory();
  const databaseUrl = `sqlite:${join(directory, 'identity.db')}`;
  const { encryptionKey } = testSettings();
  commands = Commands.start({ DATABASE_URL: databaseUrl, KEY_ENCRYPTION_KEY: encryptionKey }, directory);
  service = await RunningApp.start({ databaseUrl, authFailureMax: 0 });
  // The commands use the clock of the machine.
  service.clock.set(Date.now() / 1000 + 60);
});
afterAll(async () => {
  await Promise.all([service.stop(), commands.end()]);
  removeTemporaryDirectories();
});

const clients = (...parameters: string[]): Promise<Ran> => commands.run('clients', ...parameters);

/** Runs a command with `--json`, which must succeed. */
async function done(...parameters: string[]): Promise<Readonly<Record<string, unknown>>> {
  const { refusal, json } = await clients(...parameters, '--json');
  if (refusal !== null) throw new Error(`${parameters.join(' ')}: ${refusal}`);
  return json;
}

async function status(id: string, secret: unknown): Promise<number> {
  const authorization = basic(id, String(secret));
  return (await service.form('/oauth2/token', 'grant_type=client_credentials', { authorization })).status;
}

const isIn = (id: string, secret: unknown): Promise<void> =>
  until(async () => (await status(id, secret)) === 200, SOON);
const isOut = (id: string, secret: unknown): Promise<void> =>
  until(async () => (await status(id, secret)) === 401, SOON);

describe('identity-backend clients, next to a running service', () => {
  it('creates an administrator that the service accepts within 5 seconds', async () => {
    const admin = ['--id', 'admin', '--audience', 'identity-backend', '--scope', 'identity:admin'];
    const { json } = await clients('create', ...admin, '--json');
    const { client_secret, ...shown } = json;
    expect(client_secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    await isIn('admin', client_secret);
    const authorization = basic('admin', String(client_secret));
    const { body } = await service.form(
      '/oauth2/token',
      'grant_type=client_credentials&scope=identity:admin',
      {
        authorization,
      },
    );
    const response = await service.get('/admin/clients/admin', {
      authorization: `Bearer ${String(body['access_token'])}`,
    });
    expect(response).toMatchObject({ status: 200, body: shown });
  }, 15_000);

  it('creates, shows, changes, disables, enables and deletes a client', async () => {
    writeFileSync(join(directory, 'keys.json'), JSON.stringify(jwks));
    const { client_secret, ...created } = await done(
      ...['create', '--id', 'worker', '--name', 'Worker', '--audience', 'a', '--audience', 'b'],
      ...['--default-audience', 'b', '--scope', 'x:read', '--scope', 'x:write', '--claim', 'tenant'],
      ...['--grant-type', 'client_credentials', '--lifetime', '300', '--may-act-for', 'user-*'],
      ...['--jwks', join(directory, 'keys.json')],
    );
    expect(created).toMatchObject({
      name: 'Worker',
      audiences: ['a', 'b'],
      default_audience: 'b',
      scopes: ['x:read', 'x:write'],
      claims: ['tenant'],
      grant_types: ['client_credentials'],
      token_lifetime_seconds: 300,
      may_act_for: ['user-*'],
      jwks,
      disabled: false,
    });
    await isIn('worker', client_secret);
    expect(await done('show', 'worker')).toEqual(created);

    const updated_at = expect.any(String);
    const changed = { ...created, scopes: ['y'], may_act_for: [], name: 'Changed', updated_at };
    const update = ['update', 'worker', '--scope', 'y', '--may-act-for', '-', '--name', 'Changed'];
    expect(await done(...update)).toEqual(changed);
    expect(await done('disable', 'worker')).toEqual({ ...changed, disabled: true });
    await isOut('worker', client_secret);
    expect(await done('enable', 'worker')).toEqual(changed);
    await isIn('worker', client_secret);
    expect(await done('delete', 'worker')).toEqual({ client_id: 'worker', deleted: true });
    await isOut('worker', client_secret);
  }, 30_000);

  it('adds a secret and revokes another', async () => {
    const { client_secret: first, secrets } = await done('create', '--id', 'rotated', '--audience', 'a');
    const added = await done('secrets', 'add', 'rotated', '--expires-at', '2100-01-01T00:00:00Z');
    expect(added).toEqual({
      secret_id: expect.any(String),
      client_secret: expect.any(String),
      expires_at: '2100-01-01T00:00:00.000Z',
    });
    await isIn('rotated', added['client_secret']);
    const [{ secret_id = '' } = {}] = secrets as { secret_id?: string }[];
    const ended = await done('secrets', 'end', 'rotated', secret_id);
    expect(ended).toEqual({ client_id: 'rotated', secret_id, ended: true });
    await isOut('rotated', first);
    expect(await status('rotated', added['client_secret'])).toBe(200);
  }, 30_000);

  it('lists clients in the order of their IDs, without secrets', async () => {
    const { clients: all, next } = await done('list');
    const ids = (all as { client_id: string }[]).map(({ client_id }) => client_id);
    expect({ ids, next }).toEqual({ ids: ['admin', 'rotated'], next: null });
    expect(JSON.stringify(all)).not.toMatch(/client_secret|hash/);
  });

  it('prints plain text without --json', async () => {
    const created = await clients(
      'create',
      '--id',
      'shown',
      '--name',
      'Shown',
      '--audience',
      'a',
      '--audience',
      'b',
    );
    expect(created.stdout).toMatch(/^client_id +shown$/m);
    expect(created.stdout).toMatch(/^audiences +a, b$/m);
    expect(created.stdout).toMatch(/^scopes +-$/m);
    expect(created.stdout).toMatch(/^client_secret +[\w-]{43}$/m);
    expect((await clients('list')).stdout).toBe('admin\tadmin\nrotated\trotated\nshown\tShown\n');
    const { stdout } = await clients('show', 'shown');
    expect(stdout).toMatch(/^name +Shown$/m);
    expect(stdout).not.toMatch(/client_secret/);
    const added = await clients('secrets', 'add', 'shown');
    expect(added.stdout).toMatch(/^secret_id +\w+\nclient_secret +[\w-]{43}\nexpires_at +-\n$/);
    const [, secretId = ''] = /secret_id +(\w+)/.exec(added.stdout) ?? [];
    expect((await clients('secrets', 'end', 'shown', secretId)).stdout).toBe(`Ended ${secretId} of shown\n`);
    expect((await clients('disable', 'shown')).stdout).toMatch(/^disabled +true$/m);
    expect((await clients('list')).stdout).toContain('shown\tShown\t(disabled)\n');
    expect((await clients('delete', 'shown')).stdout).toBe('Deleted shown\n');
  });

  it('audits each change as one by the command line, without the secret', async () => {
    const created = await clients('create', '--id', 'audited', '--json');
    const changes = [
      created,
      await clients('update', 'audited', '--name', 'Audited'),
      await clients('secrets', 'add', 'audited'),
      await clients('delete', 'audited'),
    ];
    expect(changes.flatMap(({ audited }) => audited)).toEqual(
      ['client.created', 'client.updated', 'client.secret_added', 'client.deleted'].map((event) =>
        expect.objectContaining({ event, client: 'audited', by: 'command line', reqId: expect.any(String) }),
      ),
    );
    expect(created.log).not.toContain(String(created.json['client_secret']));
    expect((await clients('list')).audited).toEqual([]);
  });
});

describe('a rejected command', () => {
  it.each<[string, string[], RegExp]>([
    ['an ID in use', ['create', '--id', 'admin'], /already/],
    ['an invalid ID', ['create', '--id', 'a/b', '--json'], /client_id/],
    ['a lifetime above the limit', ['create', '--id', 'a', '--lifetime', '901'], /token_lifetime_seconds/],
    ['an invalid scope', ['create', '--id', 'a', '--scope', 'b c'], /scopes/],
    [
      'a default audience that is not one of the audiences',
      ['create', '--id', 'a', '--default-audience', 'b'],
      /default_audience/,
    ],
    ['show for an unknown client', ['show', 'nobody', '--json'], /Client not found/],
    ['update for an unknown client', ['update', 'nobody', '--name', 'a'], /Client not found/],
    ['delete for an unknown client', ['delete', 'nobody'], /Client not found/],
    ['secrets add for an unknown client', ['secrets', 'add', 'nobody'], /Client not found/],
    ['an unknown secret', ['secrets', 'end', 'admin', 'x'], /Secret not found/],
    [
      'a time in the past',
      ['secrets', 'add', 'admin', '--expires-at', '2000-01-01T00:00:00Z'],
      /must be in the future/,
    ],
  ])('reports the reason, prints nothing and changes nothing: %s', async (_name, parameters, words) => {
    const before = await done('list');
    const { stdout, refusal, audited } = await clients(...parameters);
    expect({ stdout, refusal, audited }).toEqual({
      stdout: '',
      refusal: expect.stringMatching(words),
      audited: [],
    });
    expect(await done('list')).toEqual(before);
  });
});
