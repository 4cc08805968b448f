import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { databases, type TestDatabases } from '../../support/databases.js';
import { askForKeys, askForRotation } from '../../support/key-administration.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { describeWhereReachable } from '../../support/reachable.js';
import { RunningApp } from '../../support/running-app.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';

const PORTS: Readonly<Record<string, number>> = { PostgreSQL: 5432, MariaDB: 3306 };
const RECOVERY = 15_000;

for (const database of databases.filter(({ name }) => name in PORTS)) {
  describeWhereReachable(`${database.name}, when it stops,`, database.missing, () => outageOf(database));
}

function outageOf(database: TestDatabases): void {
  let proxy: TcpProxy;
  let service: RunningApp;
  let admin: Administrator;
  let worker: TestClient;
  let ready: { status: number; body: Readonly<Record<string, unknown>> };

  beforeAll(async () => {
    proxy = await TcpProxy.before(await database.url(), PORTS[database.name] ?? 0);
    service = await RunningApp.start({ databaseUrl: proxy.url, tokenEndpointAuth: 'required' });
    admin = await Administrator.of(service);
    worker = await makeClient(service, 'worker', { audiences: ['logging-service'] });
    ready = await service.get('/health/ready');
    service.captured.clear();
    await proxy.cut();
  }, 30_000);
  beforeEach(() => service.clock.set(NEW_YEAR));
  afterAll(async () => {
    await service.stop();
    await proxy.cut();
    await database.close();
  }, 30_000);

  it('was available before', () => {
    expect(ready).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('delays neither issuing nor verifying', async () => {
    const begin = performance.now();
    const { authorization } = worker;
    const token = await service.issue({ sub: 'worker' }, { authorization });
    expect((await service.verify(token)).status).toBe(200);
    expect(await admin.token()).toMatch(/^ey/);
    expect((await admin.show('worker')).status).toBe(200);
    expect((await service.get('/.well-known/jwks.json')).body['keys']).toHaveLength(2);
    expect(performance.now() - begin).toBeLessThan(2_000);
  });

  it('makes each change fail with 503, without any effect', async () => {
    const begin = performance.now();
    const keys = (await askForKeys(service, admin)).body;
    const { body: before } = await admin.show('worker');
    // One after another: changes that wait for one that fails fail with it, untried.
    for (const change of [
      () => admin.create({ client_id: 'late' }),
      () => admin.update('worker', { disabled: true }),
      () => admin.remove('worker'),
      () => admin.addSecret('worker'),
      () => askForRotation(service, admin),
    ]) {
      const { status, body, headers } = await change();
      expect({ status, body, retry: headers.get('retry-after') }).toEqual({
        status: 503,
        body: { error: expect.any(String), code: 'unavailable' },
        retry: '5',
      });
    }
    const token = await service.issue({ sub: 'worker' }, { authorization: worker.authorization });
    const revocation = await service.form(
      '/oauth2/revoke',
      { token },
      { authorization: worker.authorization },
    );
    expect([revocation.status, revocation.body['error'], revocation.headers.get('retry-after')]).toEqual([
      ...[503, 'temporarily_unavailable', '5'],
    ]);
    expect((await service.verify(token)).status).toBe(200);
    expect(performance.now() - begin).toBeLessThan(RECOVERY);
    expect((await admin.show('late')).status).toBe(404);
    expect((await admin.show('worker')).body).toEqual(before);
    expect((await askForKeys(service, admin)).body).toEqual(keys);
  }, 60_000);

  it('leaves the service ready but degraded until its data is a minute old', async () => {
    service.clock.advance(59);
    expect(await service.get('/health/ready')).toMatchObject({ status: 200, body: { status: 'degraded' } });
    service.clock.advance(2);
    expect(await service.get('/health/ready')).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect((await service.get('/health/live')).status).toBe(200);
  });

  it('is logged once, without its URL', async () => {
    const said = (): number =>
      service.captured.lines.filter(({ msg }) => msg === 'the database does not respond').length;
    await until(() => said() > 0, RECOVERY);
    expect(said()).toBe(1);
    expect(service.captured.text).not.toMatch(/postgres:\/\/|mysql:\/\//);
  }, 30_000);

  it('is used again when it comes back, without a restart', async () => {
    service.clock.advance(61);
    expect((await service.get('/health/ready')).status).toBe(503);
    await proxy.restore();
    await until(async () => (await service.get('/health/ready')).body['status'] === 'ok', RECOVERY);
    expect((await admin.create({ client_id: 'afterwards', audiences: ['a'] })).status).toBe(201);
    expect((await admin.show('afterwards')).status).toBe(200);
    expect((await admin.remove('worker')).status).toBe(204);
  }, 60_000);
}
