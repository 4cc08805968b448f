import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { SyncLoop } from '../../../src/sync/sync-loop.js';
import { ADMINISTRATOR, Administrator, basic, makeClient } from '../../support/clients.js';
import { readToken } from '../../support/hand-made-token.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';
import { introspect } from '../../support/oauth-requests.js';
import { RunningApp } from '../../support/running-app.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const WORKER = { client_id: 'worker', audiences: ['logging-service'] };
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const running: RunningApp[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});
afterAll(removeTemporaryDirectories);

async function start(databaseUrl: string, at = NEW_YEAR): Promise<RunningApp> {
  const clock = new MovedClock();
  clock.set(at);
  const service = await RunningApp.start({ databaseUrl, authFailureMax: 0 }, clock);
  running.push(service);
  return service;
}

const database = (): string => `sqlite:${temporaryDirectory()}/identity.db`;
const sync = (service: RunningApp): Promise<void> => service.app.get(SyncLoop).syncNow();

/** Registers the client. @returns its Authorization header */
async function register(admin: Administrator): Promise<string> {
  const { status, body } = await admin.create(WORKER);
  expect(status).toBe(201);
  return basic('worker', String(body['client_secret']));
}

/** One token from each endpoint. */
async function tokensOf(service: RunningApp, authorization: string): Promise<string[]> {
  const form = { grant_type: 'client_credentials' };
  const { body } = await service.form('/oauth2/token', form, { authorization });
  return [await service.issue({ sub: 'worker' }, { authorization }), String(body['access_token'])];
}

const codesOf = (service: RunningApp, tokens: readonly string[]): Promise<unknown[]> =>
  Promise.all(tokens.map(async (token) => (await service.verify(token)).body['code'] ?? 'valid'));
const all = (tokens: readonly string[], code: string): string[] => tokens.map(() => code);

describe('a client that is deleted and registered again at the same time', () => {
  it('gets new tokens; those of earlier clients with the same ID stay revoked', async () => {
    const service = await start(database());
    const admin = await Administrator.of(service);
    const reader = await makeClient(service, 'reader', { scopes: ['identity:introspect'] });
    const dead: string[] = [];
    for (let time = 0; time < 4; time++) {
      const tokens = await tokensOf(service, await register(admin));
      expect(await codesOf(service, tokens)).toEqual(all(tokens, 'valid'));
      expect(await codesOf(service, dead)).toEqual(all(dead, 'token_revoked'));
      for (const token of tokens) {
        expect(readToken(token).claims['jti']).toMatch(UUID_V4);
        expect((await introspect(service, reader, token)).body['active']).toBe(true);
      }
      for (const token of dead)
        expect((await introspect(service, reader, token)).text).toBe('{"active":false}');
      dead.push(...tokens);
      expect((await admin.remove('worker')).status).toBe(204);
      expect(await codesOf(service, dead)).toEqual(all(dead, 'token_revoked'));
    }
  });

  it('keeps its tokens valid when it is changed', async () => {
    const service = await start(database());
    const admin = await Administrator.of(service);
    await register(admin);
    await admin.remove('worker');
    const tokens = await tokensOf(service, await register(admin));
    expect((await admin.update('worker', { name: 'Changed', scopes: ['a'] })).status).toBe(200);
    await admin.addSecret('worker');
    expect(await codesOf(service, tokens)).toEqual(all(tokens, 'valid'));
  });

  it('does not expose the mark at the end of its jti', async () => {
    const service = await start(database());
    const admin = await Administrator.of(service);
    await register(admin);
    await admin.remove('worker');
    const [token = ''] = await tokensOf(service, await register(admin));
    const mark = String(readToken(token).claims['jti']).slice(-12);
    expect((await admin.show('worker')).text).not.toContain(mark);
  });

  it('gets new tokens after a restart too; earlier ones stay revoked', async () => {
    const databaseUrl = database();
    const first = await start(databaseUrl);
    const admin = await Administrator.of(first);
    const old = await tokensOf(first, await register(admin));
    await admin.remove('worker');
    await first.stop();
    running.splice(0);
    const second = await start(databaseUrl);
    const { authorization } = await makeClient(second, 'worker', { audiences: ['logging-service'] });
    const fresh = await tokensOf(second, authorization);
    await second.stop();
    running.splice(0);
    const third = await start(databaseUrl);
    expect(await codesOf(third, old)).toEqual(all(old, 'token_revoked'));
    expect(await codesOf(third, fresh)).toEqual(all(fresh, 'valid'));
  });

  it.each([-5, -1, 0, 1, 5])(
    'gets new tokens from an instance whose clock is %d s off, before the first one syncs',
    async (apart) => {
      const databaseUrl = database();
      const here = await start(databaseUrl);
      const admin = await Administrator.of(here);
      const oldSecret = await register(admin);
      const there = await start(databaseUrl, NEW_YEAR + apart);
      const old = await tokensOf(here, oldSecret);
      const other = await makeClient(there, 'other', ADMINISTRATOR);
      expect(other.id).toBe('other');
      await admin.remove('worker');
      await sync(there);
      const { authorization } = await makeClient(there, 'worker', { audiences: ['logging-service'] });
      const fresh = await tokensOf(there, authorization);
      await sync(here);
      fresh.push(...(await tokensOf(here, authorization)));
      // Both clocks at the later time: otherwise tokens would be rejected because they are from the future.
      for (const service of [here, there]) service.clock.set(NEW_YEAR + Math.max(0, apart));
      for (const service of [here, there]) {
        expect(await codesOf(service, old)).toEqual(all(old, 'token_revoked'));
        expect(await codesOf(service, fresh)).toEqual(all(fresh, 'valid'));
      }
    },
  );
});
