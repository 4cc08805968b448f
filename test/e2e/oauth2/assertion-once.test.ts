import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import {
  assertionParameters,
  type ClientKey,
  makeAssertion,
  makeClientKey,
} from '../../support/client-assertion.js';
import { CLOCK_SKEW_SECONDS } from '../../../src/clock.js';
import { makeClient } from '../../support/clients.js';
import { describeEachDatabase } from '../../support/databases.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { refusalOf, refused } from '../../support/oauth-requests.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';
import { until } from '../../support/until.js';

const key = makeClientKey('ES256');
const otherKey = makeClientKey('ES256');
const used = refused('invalid_client', 401);

function show(service: RunningApp, assertion: string, path = '/oauth2/token'): Promise<ServiceResponse> {
  const form = { grant_type: 'client_credentials', token: 'x', ...assertionParameters(assertion) };
  return service.form(path, form);
}

async function withClients(service: RunningApp): Promise<RunningApp> {
  const register = (id: string, { jwk }: ClientKey): Promise<unknown> =>
    makeClient(service, id, { audiences: ['logging-service'], jwks: { keys: [jwk] } });
  await register('worker', key);
  await register('other', otherKey);
  return service;
}

describe('an assertion', () => {
  let service: RunningApp;
  beforeAll(async () => {
    service = await withClients(await RunningApp.start({ authFailureMax: 0 }));
  });
  beforeEach(() => service.clock.set(NEW_YEAR));
  afterAll(() => service.stop());

  it('is accepted once, across all routes', async () => {
    const assertion = makeAssertion(key, 'worker');
    expect((await show(service, assertion, '/oauth2/introspect')).status).toBe(200);
    for (const path of ['/oauth2/token', '/oauth2/introspect', '/oauth2/revoke'])
      expect(refusalOf(await show(service, assertion, path))).toEqual(used);
  });

  it('with a used jti is rejected, whatever its other claims', async () => {
    const again = (claims: object = {}): string =>
      makeAssertion(key, 'worker', { claims: { jti: 'a', ...claims } });
    expect((await show(service, again())).status).toBe(200);
    expect(refusalOf(await show(service, again({ exp: NEW_YEAR + 120, iat: undefined })))).toEqual(used);
    expect((await show(service, again({ jti: 'A' }))).status).toBe(200);
    expect((await show(service, again({ jti: 'a ' }))).status).toBe(200);
  });

  it('with a jti that another client used is accepted', async () => {
    const claims = { jti: 'b' };
    expect((await show(service, makeAssertion(key, 'worker', { claims }))).status).toBe(200);
    expect((await show(service, makeAssertion(otherKey, 'other', { claims }))).status).toBe(200);
  });

  it('does not use up its jti if it has a wrong signature or has expired', async () => {
    const claims = { jti: 'c' };
    expect((await show(service, makeAssertion(otherKey, 'worker', { claims }))).status).toBe(401);
    const expired = makeAssertion(key, 'worker', { claims: { ...claims, exp: NEW_YEAR } });
    expect((await show(service, expired)).status).toBe(401);
    expect((await show(service, makeAssertion(key, 'worker', { claims }))).status).toBe(200);
  });

  it('is deleted from the database once it has expired by the clock of every instance', async () => {
    const source = service.app.get<DataSource>(getDataSourceToken());
    const keptUntil = async (time: number): Promise<number> =>
      (await source.query<unknown[]>(`SELECT id FROM identity_assertion WHERE expires_at = ${time}`)).length;
    const claims = { exp: NEW_YEAR + 200.5 };
    expect((await show(service, makeAssertion(key, 'worker', { claims }))).status).toBe(200);
    service.clock.advance(200.9 + CLOCK_SKEW_SECONDS);
    expect(await keptUntil(NEW_YEAR + 201)).toBe(1);
    service.clock.advance(0.1);
    await until(async () => (await keptUntil(NEW_YEAR + 201)) === 0, 10_000);
  });
});

describeEachDatabase((database) => {
  let databaseUrl: string;
  let first: RunningApp;
  let second: RunningApp;
  const start = (): Promise<RunningApp> => RunningApp.start({ databaseUrl, authFailureMax: 0 });
  beforeAll(async () => {
    databaseUrl = await database.url();
    first = await withClients(await start());
    second = await start();
  }, 20_000);
  afterAll(async () => {
    await first.stop();
    await second.stop();
    await database.close();
  }, 20_000);

  it('accepts one of twenty simultaneous uses of an assertion on two instances', async () => {
    const assertion = makeAssertion(key, 'worker');
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, i) => show(i % 2 ? first : second, assertion)),
    );
    const [once, ...others] = responses.map(({ status }) => status).sort();
    expect([once, ...new Set(others)]).toEqual([200, 401]);
  });

  it('rejects an assertion that another instance accepted, also after a restart', async () => {
    const assertion = makeAssertion(key, 'worker');
    expect((await show(first, assertion)).status).toBe(200);
    expect(refusalOf(await show(second, assertion))).toEqual(used);
    await first.stop();
    first = await start();
    expect(refusalOf(await show(first, assertion))).toEqual(used);
    expect((await show(first, makeAssertion(key, 'worker'))).status).toBe(200);
  });
});

describe('while the database is unavailable', () => {
  it('an assertion gets 503 temporarily_unavailable, and can be sent again later', async () => {
    const service = await withClients(await RunningApp.start());
    const source = service.app.get<DataSource>(getDataSourceToken());
    await source.query('ALTER TABLE identity_assertion RENAME TO elsewhere');
    const assertion = makeAssertion(key, 'worker');
    const response = await show(service, assertion);
    expect(refusalOf(response)).toEqual(refused('temporarily_unavailable', 503));
    expect(response.headers.get('cache-control')).toBe('no-store');
    const wrong = await show(service, makeAssertion(otherKey, 'worker'));
    expect(refusalOf(wrong)).toEqual(refused('invalid_client', 401));
    await source.query('ALTER TABLE elsewhere RENAME TO identity_assertion');
    expect((await show(service, assertion)).status).toBe(200);
    await service.stop();
  });
});
