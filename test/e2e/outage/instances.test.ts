import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Administrator, basic } from '../../support/clients.js';
import { databases, type TestDatabases } from '../../support/databases.js';
import { describeWhereReachable } from '../../support/reachable.js';
import { RunningApp } from '../../support/running-app.js';
import { until } from '../../support/until.js';

/** How soon every instance sees a change made at another, in milliseconds. */
const SOON = 5_000;

for (const database of databases)
  describeWhereReachable(`two instances on one ${database.name} database`, database.missing, () =>
    instancesOf(database),
  );

function instancesOf(database: TestDatabases): void {
  let first: RunningApp;
  let second: RunningApp;
  let admin: Administrator;

  beforeAll(async () => {
    const databaseUrl = await database.url();
    const settings = { databaseUrl, authFailureMax: 0 };
    // At the same time: the tables are created once.
    [first, second] = await Promise.all([RunningApp.start(settings), RunningApp.start(settings)]);
    admin = await Administrator.of(first);
  }, 30_000);
  afterAll(async () => {
    await Promise.all([first.stop(), second.stop()]);
    await database.close();
  });

  const ask = async (id: string, secret: unknown): Promise<number> => {
    const authorization = basic(id, String(secret));
    return (await second.post('/token', { sub: id, aud: 'a' }, { authorization })).status;
  };

  it('see each other’s clients, including whether they are disabled', async () => {
    const { body } = await admin.create({ client_id: 'worker', audiences: ['a'] });
    const secret = body['client_secret'];
    await until(async () => (await ask('worker', secret)) === 200, SOON);
    const token = await second.issue(
      { sub: 'worker', aud: 'a' },
      { authorization: basic('worker', String(secret)) },
    );
    expect((await first.verify(token, 'a')).status).toBe(200);

    await admin.update('worker', { disabled: true });
    expect((await first.verify(token, 'a')).body['code']).toBe('token_revoked');
    await until(async () => (await second.verify(token, 'a')).body['code'] === 'token_revoked', SOON);
    expect(await ask('worker', secret)).toBe(401);
  }, 30_000);

  it('share the administration key: the second accepts an admin token of the first', async () => {
    const authorization = `Bearer ${await admin.token()}`;
    await until(async () => (await second.get('/admin/clients', { authorization })).status === 200, SOON);
    const [one, two] = await Promise.all([first, second].map((each) => each.get('/.well-known/jwks.json')));
    expect(one?.body).toEqual(two?.body);
  }, 30_000);

  it('create only one client if both receive the same ID at once', async () => {
    const authorization = `Bearer ${await admin.token()}`;
    const create = async (service: RunningApp): Promise<number> =>
      (await service.post('/admin/clients', { client_id: 'raced' }, { authorization })).status;
    const statuses = await Promise.all([first, second, first, second].map(create));
    expect(statuses.sort()).toEqual([201, 409, 409, 409]);
  });
}
