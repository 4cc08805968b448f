import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Administrator, basic, makeClient, type TestClient } from '../../support/clients.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let admin: Administrator;
let worker: TestClient;
let bearer: string;
/** What no log line, metric or error may contain. */
const confidential = new Set<string>();

const hashesOf = (secret: string): string[] =>
  (['base64url', 'hex', 'base64'] as const).map((encoding) =>
    createHash('sha256').update(secret).digest(encoding),
  );

function keepSecret(secret: string, authorization = ''): void {
  for (const text of [secret, ...hashesOf(secret), authorization.slice('Basic '.length)])
    if (text !== '') confidential.add(text);
}

beforeAll(async () => {
  service = await RunningApp.start({ logLevel: 'trace', authFailureMax: 0 });
  admin = await Administrator.of(service);
  worker = await makeClient(service, 'worker', { audiences: ['logging-service'], scopes: ['logs:read'] });
  for (const { secret, authorization } of [admin.client, worker]) keepSecret(secret, authorization);
  bearer = await admin.token();
  keepSecret(bearer);
  confidential.add(bearer.split('.')[2] ?? '');
});
afterAll(() => service.stop());

afterEach(async () => {
  service.clock.advance(1);
  const metrics = await service.get('/metrics', { 'x-request-id': 'last' });
  // One more request, so that the log line of the previous one is written.
  await service.get('/ping');
  expect(service.captured.text).toContain('"last"');
  for (const secret of confidential) {
    expect(service.captured.text).not.toContain(secret);
    expect(metrics.text).not.toContain(secret);
  }
});

/** Expects an error that contains nothing confidential. */
function expectDiscreet({ status, text }: ServiceResponse): void {
  expect(status).toBeGreaterThanOrEqual(400);
  for (const secret of confidential) expect(text).not.toContain(secret);
}

describe('no log line, metric or error contains a client secret, or a hash of it,', () => {
  it('that was created and revoked', async () => {
    const { body: created } = await admin.create({ client_id: 'made' });
    keepSecret(String(created['client_secret']), basic('made', String(created['client_secret'])));
    const { body: added } = await admin.addSecret('made', {});
    keepSecret(String(added['client_secret']));
    await admin.show('made');
    await admin.list();
    await admin.update('made', { name: 'Made' });
    await admin.endSecret('made', String(added['secret_id']));
    await admin.remove('made');
    expect(service.captured.text).toContain('client.secret_added');
  });

  it('with which tokens were requested, or these tokens', async () => {
    const headers = { authorization: worker.authorization };
    const token = await service.issue({ sub: 'worker' }, headers);
    const { body } = await service.form('/oauth2/token', 'grant_type=client_credentials', headers);
    for (const each of [token, String(body['access_token'])]) {
      keepSecret(each);
      confidential.add(each.split('.')[2] ?? '');
      await service.verify(each);
      await service.verify(`${each}x`);
    }
    expect(service.captured.text).toContain('token.issued');
  });

  it.each<[string, () => string]>([
    ['Basic with another character after it', () => basic('worker', `${worker.secret}x`)],
    ['Basic with the ID of another client', () => basic('other', worker.secret)],
    ['Basic without base64', () => `Basic worker:${worker.secret}`],
    ['the secret in place of the ID', () => basic(worker.secret, 'x')],
    ['the secret alone', () => worker.secret],
    ['the secret as a bearer token', () => `Bearer ${worker.secret}`],
    ['a bearer token that is valid elsewhere', () => `Bearer ${bearer}`],
  ])('that was sent in the Authorization header: %s', async (_name, make) => {
    const authorization = make();
    confidential.add(authorization.replace(/^\w+ /, ''));
    expectDiscreet(await service.post('/token', { sub: 'worker', aud: 'x' }, { authorization }));
    expectDiscreet(await service.form('/oauth2/token', 'grant_type=client_credentials', { authorization }));
    if (!authorization.includes(bearer))
      expectDiscreet(await service.get('/admin/clients', { authorization }));
  });

  it.each<[string, (secret: string) => string]>([
    ['client_secret', (secret) => `grant_type=client_credentials&client_id=other&client_secret=${secret}`],
    [
      'client_secret, repeated',
      (secret) => `grant_type=client_credentials&client_secret=${secret}&client_secret=x`,
    ],
    ['client_secret without a grant_type', (secret) => `client_id=worker&client_secret=${secret}`],
    ['client_id', (secret) => `grant_type=client_credentials&client_id=${secret}&client_secret=x`],
    ['grant_type', (secret) => `grant_type=${secret}`],
    ['an assertion', (secret) => `grant_type=client_credentials&client_assertion=${secret}`],
    ['a parameter name', (secret) => `${secret}=x`],
    ['a malformed form', (secret) => `grant_type=%zz&client_secret=${secret}`],
  ])('that was sent in a form: %s', async (_name, form) => {
    for (const secret of [worker.secret, bearer]) {
      expectDiscreet(await service.form('/oauth2/token', form(secret)));
      expectDiscreet(
        await service.form('/oauth2/token', form(secret), { authorization: basic('worker', 'x') }),
      );
      expectDiscreet(await service.form(`/oauth2/token?${form(secret).replaceAll('%', '')}`, ''));
    }
  });

  it('that was sent to the admin routes in the path, the query or the body', async () => {
    for (const secret of [worker.secret, bearer]) {
      for (const response of [
        await admin.show(secret),
        await admin.update(secret, {}),
        await admin.remove(secret),
        await admin.addSecret(secret),
        await admin.endSecret(secret, 'x'),
        await admin.endSecret('worker', secret),
        await admin.list(`?limit=${secret}`),
        await admin.create({ client_id: `${secret}/` }),
        await admin.create({ client_id: 'x', audiences: secret }),
        await admin.create({ client_id: 'x', client_secret: secret }),
        await admin.addSecret('worker', { expires_at: secret }),
        await service.get(`/admin/clients?access_token=${secret}`),
        await service.post('/admin/clients', { client_secret: secret }, { authorization: 'Bearer x' }),
      ]) {
        expectDiscreet(response);
      }
    }
  });

  it('when the database fails', async () => {
    const failing = await RunningApp.start({ logLevel: 'trace' });
    const administrator = await Administrator.of(failing);
    const { secret } = administrator.client;
    await failing.app.get<DataSource>(getDataSourceToken()).destroy();
    const response = await administrator.create({ client_id: 'too-late' });
    expect(response).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    await failing.stop();
    for (const text of [secret, ...hashesOf(secret)]) expect(failing.captured.text).not.toContain(text);
    expect(failing.captured.text).not.toMatch(/eyJ|Bearer|"hash"|sealed/);
  });
});
