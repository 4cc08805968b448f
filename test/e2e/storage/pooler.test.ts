import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { describeEachDatabase } from '../../support/databases.js';
import { askForKeys, askForRotation, shownKeys } from '../../support/key-administration.js';
import { accessToken, introspect, revoke } from '../../support/oauth-requests.js';
import { RunningApp } from '../../support/running-app.js';
import { until } from '../../support/until.js';

/** Milliseconds within which a change must reach every instance. */
const SEEN = 10_000;

// Behind a pooler, each statement outside a transaction may run in another session of the server.
describeEachDatabase(
  (database) => {
    let first: RunningApp;
    let second: RunningApp;
    let admin: Administrator;
    let worker: TestClient;

    beforeAll(async () => {
      const databaseUrl = await database.url();
      const start = () =>
        RunningApp.start({
          databaseUrl,
          algorithms: ['ES256', 'HS256'],
          tokenEndpointAuth: 'required',
          authFailureMax: 0,
        });
      [first, second] = await Promise.all([start(), start()]);
      admin = await Administrator.of(first);
      worker = await makeClient(first, 'worker', { audiences: ['logging-service'] });
    }, 30_000);
    afterAll(async () => {
      await Promise.all([first.stop(), second.stop()]);
    }, 30_000);

    it('stores clients for every instance', async () => {
      expect((await admin.create({ client_id: 'made', audiences: ['reporting'] })).status).toBe(201);
      expect((await admin.update('made', { audiences: ['billing'] })).status).toBe(200);
      const { authorization } = worker;
      await until(
        async () =>
          (await second.post('/token', { sub: 'worker', aud: 'logging-service' }, { authorization }))
            .status === 200,
        SEEN,
      );
      expect((await admin.remove('made')).status).toBe(204);
      expect((await admin.show('made')).status).toBe(404);
    });

    it('stores revocations for every instance', async () => {
      const token = await accessToken(first, worker);
      expect((await second.verify(token)).body['valid']).toBe(true);
      expect((await revoke(first, worker, token)).status).toBe(200);
      await until(async () => (await second.verify(token)).body['code'] === 'token_revoked', SEEN);
      expect((await introspect(second, worker, token)).text).toBe('{"active":false}');
    });

    it('stores keys and rotates them', async () => {
      const before = shownKeys(await askForKeys(first, admin), 'ES256');
      expect((await askForRotation(first, admin, { algorithm: 'ES256' })).status).toBe(202);
      const after = shownKeys(await askForKeys(first, admin), 'ES256');
      expect(after.length).toBeGreaterThan(before.length);
      const token = await accessToken(first, worker);
      await until(async () => (await second.verify(token)).body['valid'] === true, SEEN);
    });

    it('accepts 40 simultaneous revocations on two instances', async () => {
      const tokens = await Promise.all(Array.from({ length: 40 }, () => accessToken(first, worker)));
      const responses = await Promise.all(
        tokens.map((token, i) => revoke(i % 2 ? first : second, worker, token)),
      );
      expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
      await until(async () => {
        const seen = await Promise.all(tokens.map((token) => second.verify(token)));
        return seen.every(({ body }) => body['code'] === 'token_revoked');
      }, SEEN);
    });

    it('is ready on every instance', async () => {
      for (const service of [first, second]) {
        expect(await service.get('/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } });
      }
    });
  },
  ['PgBouncer (session)', 'PgBouncer (transaction)'],
);
