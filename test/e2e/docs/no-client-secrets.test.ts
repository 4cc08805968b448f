import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { compiledSource } from '../../support/compiled-source.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { administerIssuers, OutsideIssuer } from '../../support/outside-issuer.js';
import { Platform, PLATFORM_AUDIENCE } from '../../support/platform-tokens.js';
import { commandsUnder, objectsUnder, type PageObject, RECIPES, withKeys } from '../../support/recipes.js';
import { RunningApp } from '../../support/running-app.js';
import { testSettings } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const absent = ['bash', 'curl'].filter((program) => spawnSync(program, ['--version']).status !== 0);
if (absent.length > 0)
  console.log(`Skipped, the commands of docs/no-client-secrets.md: ${absent.join(' and ')} not installed`);

const directory = temporaryDirectory();
const databaseUrl = `sqlite:${join(directory, 'identity.db')}`;
const { encryptionKey } = testSettings();

let service: RunningApp;
let administrator: Administrator;
beforeAll(async () => {
  service = await RunningApp.start({ issuer: PLATFORM_AUDIENCE, databaseUrl, authFailureMax: 0 });
  administrator = await Administrator.of(service);
});
beforeEach(() => service.clock.set(NEW_YEAR));
afterAll(async () => {
  await service.stop();
  removeTemporaryDirectories();
});

/** Runs a command of the page in a shell, with this service in place of that of the page. */
async function run(
  command: string | undefined,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  // An audience has no slash at its end, so only URLs of requests are replaced.
  const script = String(command).replaceAll(`${PLATFORM_AUDIENCE}/`, `${service.origin}/`);
  const npx = `npx() { shift 2; node -- "$IDENTITY_BACKEND" "$@"; }\n`;
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-euo', 'pipefail', '-c', npx + script], {
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      NO_PROXY: '127.0.0.1',
      DATABASE_URL: databaseUrl,
      KEY_ENCRYPTION_KEY: encryptionKey,
      JWT_ISSUER: PLATFORM_AUDIENCE,
      ...variables,
    },
  });
  return stdout;
}

const json = async (output: Promise<string>): Promise<PageObject> => JSON.parse(await output) as PageObject;

function recipe(name: string) {
  const found = RECIPES.find((each) => each.name === name);
  if (!found) throw new Error(`No recipe ${name}`);
  return found;
}

/** Enters the entry of a recipe with keys of the test, and its clients. */
async function follow(name: 'GitHub Actions'): Promise<Platform> {
  const { entry, clients } = recipe(name);
  const platform = await Platform.of(name);
  await administerIssuers(service, administrator, 'POST', '', { ...entry, disabled: true });
  const patch = withKeys(recipe(name), platform.keySet);
  await administerIssuers(service, administrator, 'PATCH', `/${entry.id}`, patch);
  for (const client of clients) expect((await administrator.create(client)).status).toBe(201);
  return platform;
}

(absent.length > 0 ? describe.skip : describe)('the commands of docs/no-client-secrets.md', () => {
  it('get a token in three steps, and as the grant', async () => {
    const steps = recipe('Kubernetes with public keys');
    const platform = await Platform.of(steps.name);
    const ADMIN_TOKEN = await administrator.token();
    // Disabled, so that nothing is requested from the platform.
    writeFileSync(join(directory, 'issuer.json'), JSON.stringify({ ...steps.entry, disabled: true }));
    writeFileSync(join(directory, 'client.json'), JSON.stringify(steps.clients[0]));

    const [create] = commandsUnder('1. Trust the issuer');
    expect(await json(run(create, { ADMIN_TOKEN }))).toMatchObject(steps.entry);
    const patch = withKeys(steps, platform.keySet);
    await administerIssuers(service, administrator, 'PATCH', `/${steps.entry.id}`, patch);
    const [register] = commandsUnder('2. Register the client');
    const registered = await json(run(register, { ADMIN_TOKEN }));
    expect(registered).toMatchObject({ ...steps.clients[0] });
    expect(registered).not.toHaveProperty('client_secret');

    const TOKEN = await platform.token();
    const answer = {
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'logs:write',
    };
    const [, request] = commandsUnder('3. Request a token');
    expect(await json(run(request, { TOKEN }))).toEqual(answer);
    expect(objectsUnder('3. Request a token')).toEqual([answer]);

    const heading = 'A program that sends no client assertion';
    const [permission] = objectsUnder(heading);
    expect((await administrator.update('report-worker', permission)).status).toBe(200);
    expect(await json(run(commandsUnder(heading)[0], { TOKEN }))).toEqual(answer);
  });

  it('get a token for a user', async () => {
    const [entry, client, idJag] = objectsUnder('Users');
    const idp = new OutsideIssuer(String(entry?.['id']), String(entry?.['issuer']));
    const keys = { jwks: { keys: [idp.key.jwk] } };
    await administerIssuers(service, administrator, 'POST', '', { ...entry, keys });
    const created = await administerIssuers(service, administrator, 'POST', '', { ...idJag, disabled: true });
    expect(created).toMatchObject({ status: 201, body: { id_jag: true } });
    const { client_id, ...fields } = client ?? {};
    const portal: TestClient = await makeClient(service, String(client_id), fields);
    const USER_TOKEN = idp.token({
      sub: 'alice',
      aud: PLATFORM_AUDIENCE,
      email: 'alice@example.com',
      resource_access: { portal: { roles: ['reader'] } },
      groups: ['not-mapped'],
    });
    const { access_token } = await json(
      run(commandsUnder('Users')[0], { USER_TOKEN, PORTAL_SECRET: portal.secret }),
    );
    expect(decodeJwt(String(access_token))).toEqual({
      iss: PLATFORM_AUDIENCE,
      sub: 'company:alice',
      aud: 'logging-service',
      client_id: 'portal',
      act: { sub: 'portal' },
      scope: 'logs:write',
      email: 'alice@example.com',
      roles: ['reader'],
      iat: NEW_YEAR,
      exp: NEW_YEAR + 300,
      jti: expect.any(String),
    });
  });

  it('say why a token does not match', async () => {
    const platform = await follow('GitHub Actions');
    const heading = 'Why does it not match?';
    const [shown] = objectsUnder(heading);
    const took = {
      sub: 'repo:acme/old-app:ref:refs/heads/main',
      repository_id: '99789',
      repository_owner_id: '99123',
    };
    const asked = { token: await platform.token(took), use: 'client_authentication' };
    const { status, body } = await administerIssuers(service, administrator, 'POST', '/test', asked);
    expect([status, body]).toEqual([200, shown]);
  });
});

/** Each command starts a program, several seconds on a busy machine. In milliseconds. */
const PROGRAMS_MS = 120_000;

(absent.length > 0 ? describe.skip : describe)('the command line of docs/no-client-secrets.md', () => {
  const variables = {
    IDENTITY_BACKEND: join(compiledSource(), 'src/cli/identity-backend.js'),
    DATABASE_URL: `sqlite:${join(directory, 'commands.db')}`,
  };
  const commandLine = (parameters: string): Promise<string> =>
    run(`npx --no-install identity-backend ${parameters}`, variables);
  beforeAll(() => commandLine('clients create --create --id first'), PROGRAMS_MS);

  it.each(['Kubernetes with public keys', 'Kubernetes with private keys'])(
    'creates the same entry and client as the JSON: %s',
    async (name) => {
      const { entry, clients, headings } = recipe(name);
      for (const command of headings.flatMap(commandsUnder).filter((each) => each.startsWith('npx '))) {
        await run(command, variables);
      }
      expect(await json(commandLine(`issuers show ${entry.id} --json`))).toMatchObject(entry);
      if (headings.length === 1) return;
      for (const client of clients) {
        expect(await json(commandLine(`clients show ${client.client_id} --json`))).toMatchObject(client);
      }
    },
    PROGRAMS_MS,
  );

  it(
    'says why a token does not match',
    async () => {
      const now = Math.floor(Date.now() / 1000);
      const { entry } = recipe('Kubernetes with public keys');
      const platform = await Platform.of('Kubernetes with public keys');
      writeFileSync(join(directory, 'keys.json'), JSON.stringify(platform.keySet));
      await commandLine(`issuers update ${entry.id} --jwks keys.json`);
      const [test] = commandsUnder('Why does it not match?');
      const times = { iat: now, nbf: now, exp: now + 3600 };
      writeFileSync(join(directory, 'token'), await platform.token(times));
      expect(await run(test, variables)).toMatch(/^client_id +report-worker$/m);
      writeFileSync(
        join(directory, 'token'),
        await platform.token({ ...times, aud: 'https://other.example.com' }),
      );
      await expect(run(test, variables)).rejects.toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^failed +audience +expected .*identity.example.com.* got .*other/m),
      });
    },
    PROGRAMS_MS,
  );
});
