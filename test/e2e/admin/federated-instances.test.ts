import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Administrator } from '../../support/clients.js';
import { describeEachDatabase } from '../../support/databases.js';
import { administerIssuers, OutsideIssuer, trustIssuer } from '../../support/outside-issuer.js';
import { RunningApp, type ServiceResponse } from '../../support/running-app.js';

const PAIRS = 5;

describeEachDatabase((database) => {
  let first: RunningApp;
  let second: RunningApp;
  let admin: Administrator;
  let other: Administrator;

  beforeAll(async () => {
    const databaseUrl = await database.url();
    first = await RunningApp.start({ databaseUrl });
    admin = await Administrator.of(first);
    second = await RunningApp.start({ databaseUrl });
    other = admin.at(second);
  }, 30_000);
  afterAll(async () => {
    await Promise.all([first.stop(), second.stop()]);
  }, 30_000);

  it('knows an issuer that another instance has just created', async () => {
    await trustIssuer(first, admin, new OutsideIssuer('ci').entry());
    const { status } = await other.create({
      client_id: 'at-once',
      federated_credentials: [{ issuer: 'ci', subject: 'at-once' }],
    });
    expect(status).toBe(201);
  });

  it('keeps an issuer that a client of another instance has just named', async () => {
    await trustIssuer(first, admin, new OutsideIssuer('named').entry());
    await other.create({ client_id: 'naming', jwt_bearer: { issuers: ['named'] } });
    expect((await administerIssuers(first, admin, 'DELETE', '/named')).status).toBe(409);
    await other.remove('naming');
    expect((await administerIssuers(first, admin, 'DELETE', '/named')).status).toBe(204);
  });

  it('gives a credential to one of two clients that ask for it at the same time', async () => {
    const created = (at: Administrator, client_id: string, subject: string): Promise<ServiceResponse> =>
      at.create({ client_id, federated_credentials: [{ issuer: 'ci', subject }] });
    const changed = (at: Administrator, client_id: string, subject: string): Promise<ServiceResponse> =>
      at.update(client_id, { federated_credentials: [{ issuer: 'ci', subject, claims: {} }] });
    for (let pair = 0; pair < PAIRS; pair++) {
      const [one, two] = [`one-${pair}`, `two-${pair}`];
      const made = await Promise.all([
        created(admin, one, `made-${pair}`),
        created(other, two, `made-${pair}`),
      ]);
      expect(made.map(({ status }) => status).sort()).toEqual([201, 409]);
      await admin.create({ client_id: one });
      await other.create({ client_id: two });
      const responses = await Promise.all([
        changed(admin, one, `changed-${pair}`),
        changed(other, two, `changed-${pair}`),
      ]);
      expect(responses.map(({ status }) => status).sort()).toEqual([200, 409]);
    }
  }, 60_000);
});
