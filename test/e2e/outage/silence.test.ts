import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { databases } from '../../support/databases.js';
import { describeWhereReachable } from '../../support/reachable.js';
import { RunningApp } from '../../support/running-app.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';

const PORTS: Readonly<Record<string, number>> = { PostgreSQL: 5432, MariaDB: 3306 };
const servers = databases.filter(({ name }) => name in PORTS);
const missing = servers.find((each) => each.missing !== undefined)?.missing;

/** How long an administrator waits at most for the 503, in milliseconds. */
const PATIENCE = 14_000;
const RECOVERY = 15_000;

interface Outage {
  readonly proxy: TcpProxy;
  readonly service: RunningApp;
  readonly admin: Administrator;
  readonly worker: TestClient;
}

// A failing network is silent: connections stay open, and no response ever comes. These tests mostly wait,
// so both databases fail at once.
describeWhereReachable('PostgreSQL and MariaDB, when they fall silent,', missing, () => {
  let outages: readonly Outage[] = [];

  beforeAll(async () => {
    outages = await Promise.all(
      servers.map(async (database): Promise<Outage> => {
        const proxy = await TcpProxy.before(await database.url(), PORTS[database.name] ?? 0);
        const service = await RunningApp.start({ databaseUrl: proxy.url });
        const admin = await Administrator.of(service);
        const worker = await makeClient(service, 'worker', { audiences: ['logging-service'] });
        proxy.silence();
        return { proxy, service, admin, worker };
      }),
    );
  }, 30_000);
  afterAll(async () => {
    await Promise.all(outages.map(({ service }) => service.stop()));
    await Promise.all(outages.map(({ proxy }) => proxy.cut()));
    await Promise.all(servers.map((database) => database.close()));
  }, 30_000);

  it('delay neither issuing nor verifying', async () => {
    for (const { service, worker, admin } of outages) {
      const begin = performance.now();
      const token = await service.issue({ sub: 'worker' }, { authorization: worker.authorization });
      expect((await service.verify(token)).status).toBe(200);
      expect((await admin.show('worker')).status).toBe(200);
      expect(performance.now() - begin).toBeLessThan(2_000);
    }
  });

  it('make a change fail with 503 before the administrator gives up', async () => {
    const begin = performance.now();
    const responses = await Promise.all(
      outages.map(({ admin }) => admin.update('worker', { disabled: true })),
    );
    expect(responses.map(({ status, body }) => [status, body['code']])).toEqual(
      outages.map(() => [503, 'unavailable']),
    );
    expect(performance.now() - begin).toBeLessThan(PATIENCE);
    for (const { admin } of outages) expect((await admin.show('worker')).body['disabled']).toBe(false);
  }, 60_000);

  it('are used again when they respond, without a restart', async () => {
    await Promise.all(outages.map(({ proxy }) => proxy.restore()));
    for (const { service, admin } of outages) {
      service.clock.advance(61);
      await until(async () => (await service.get('/health/ready')).body['status'] === 'ok', RECOVERY);
      expect((await admin.update('worker', { disabled: true })).body['disabled']).toBe(true);
    }
  }, 60_000);
});
