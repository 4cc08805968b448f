import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { describeEachDatabase } from '../../support/databases.js';
import { MovedClock } from '../../support/moved-clock.js';
import { OutsideIssuer, trustIssuer } from '../../support/outside-issuer.js';
import { RunningApp } from '../../support/running-app.js';
import { until } from '../../support/until.js';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

describeEachDatabase((database) => {
  const idp = new OutsideIssuer('idp');
  const other = new OutsideIssuer('other');
  let services: readonly [RunningApp, RunningApp];
  let portal: TestClient;

  beforeAll(async () => {
    const settings = { databaseUrl: await database.url(), authFailureMax: 0 };
    const clock = new MovedClock();
    const first = await RunningApp.start(settings, clock);
    services = [first, await RunningApp.start(settings, clock)];
    const administrator = await Administrator.of(first);
    for (const issuer of [idp, other]) {
      await trustIssuer(first, administrator, issuer.entry({ uses: ['jwt_bearer'] }));
    }
    portal = await makeClient(first, 'portal', {
      audiences: ['logging-service'],
      grant_types: [JWT_BEARER],
      jwt_bearer: { issuers: ['idp', 'other'] },
    });
    await until(async () => (await present(services[1], idp.token())) === 200, 5_000);
  }, 60_000);
  afterAll(async () => {
    for (const service of services) await service.stop();
  });

  async function present(service: RunningApp, assertion: string): Promise<number> {
    const { authorization } = portal;
    const form = { grant_type: JWT_BEARER, assertion };
    return (await service.form('/oauth2/token', form, { authorization })).status;
  }

  it('accepts an assertion once, whichever instances it is sent to at the same time', async () => {
    const assertion = idp.token();
    const statuses = await Promise.all(
      Array.from({ length: 10 }, (_, index) => present(services[index % 2 === 0 ? 0 : 1], assertion)),
    );
    expect(statuses.sort()).toEqual([200, ...Array<number>(9).fill(400)]);
  });

  it('accepts the same jti of another issuer', async () => {
    const jti = 'shared by two issuers';
    const [first, second] = services;
    expect(await present(first, idp.token({ jti }))).toBe(200);
    expect(await present(second, other.token({ jti }))).toBe(200);
    expect(await present(second, idp.token({ jti }))).toBe(400);
  });
});
