import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';
import { RunningApp } from '../../support/running-app.js';
import { SECRET } from '../../support/settings.js';

const OTHER_SECRET = `${SECRET}-of-another-service`;

/** Services with different settings and clocks in one process. */
let services: readonly RunningApp[];
beforeAll(async () => {
  services = await Promise.all([
    RunningApp.start({ issuer: 'https://one.example.com' }, new MovedClock(NEW_YEAR)),
    RunningApp.start(
      {
        issuer: 'https://two.example.com/id',
        basePath: '/id',
        secret: OTHER_SECRET,
        lifetimeSeconds: 60,
        debugEnv: false,
        swagger: true,
      },
      new MovedClock(NEW_YEAR + 86_400),
    ),
    RunningApp.start(
      {
        issuer: 'https://three.example.com',
        algorithms: ['ES256'],
        secret: undefined,
        tokenEndpointAuth: 'required',
        metrics: false,
      },
      new MovedClock(NEW_YEAR),
    ),
  ]);
});
afterAll(() => Promise.all(services.map((service) => service.stop())));

const statuses = (path: string): Promise<number[]> =>
  Promise.all(services.map(async (service) => (await service.get(path)).status));

describe('services with different settings in one process', () => {
  it('issue tokens with their own issuer, lifetime and clock', async () => {
    const [one, two] = await Promise.all(
      services.slice(0, 2).map(async (service) => {
        const { body } = await service.verify(await service.issue());
        return body['claims'] as Record<string, unknown>;
      }),
    );
    expect(one).toMatchObject({ iss: 'https://one.example.com', iat: NEW_YEAR, exp: NEW_YEAR + 900 });
    expect(two).toMatchObject({
      iss: 'https://two.example.com/id',
      iat: NEW_YEAR + 86_400,
      exp: NEW_YEAR + 86_460,
    });
  });

  it("reject each other's tokens", async () => {
    const [one, two] = services;
    expect((await two?.verify((await one?.issue()) ?? ''))?.body['code']).toBe('invalid_signature');
    expect((await one?.verify((await two?.issue()) ?? ''))?.body['code']).toBe('invalid_signature');
  });

  it('publish their own keys, and follow their own TOKEN_ENDPOINT_AUTH', async () => {
    const published = await Promise.all(
      services.map(async (service) => (await service.get('/.well-known/jwks.json')).body['keys']),
    );
    expect(published.map((keys) => (keys as unknown[]).length > 0)).toEqual([false, false, true]);
    const asked = services.map((service) => service.post('/token', { sub: 'user-42', aud: 'logs' }));
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 401]);
  });

  it('enable and disable their own routes', async () => {
    expect(await statuses('/debug-env')).toEqual([200, 404, 200]);
    expect(await statuses('/metrics')).toEqual([200, 200, 404]);
    expect(await statuses('/openapi.json')).toEqual([404, 200, 404]);
  });

  it('omit disabled routes from their OpenAPI document', async () => {
    const { body } = (await services[1]?.get('/openapi.json')) ?? { body: {} };
    const { paths, components } = body as { paths: object; components: { schemas: object } };
    expect(Object.keys(paths)).toContain('/metrics');
    expect(Object.keys(paths)).not.toContain('/debug-env');
    expect(Object.keys(components.schemas)).not.toContain('DebugEnvResponse');
  });

  it('respond to every method of a disabled route as to an unknown route', async () => {
    const [, two] = services;
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      const closed = await two?.request('/debug-env', { method });
      const unknown = await two?.request('/no-such-route', { method });
      expect(closed?.status).toBe(404);
      expect(closed?.body).toEqual(unknown?.body);
      expect(closed?.headers.get('allow')).toBeNull();
    }
    expect((await two?.request('/metrics', { method: 'POST' }))?.status).toBe(405);
  });
});
