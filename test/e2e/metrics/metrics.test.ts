import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Administrator, basic, makeClient } from '../../support/clients.js';
import { handMadeToken } from '../../support/hand-made-token.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start();
});
afterAll(() => service.stop());

/** The samples of the service's own metrics, by name and labels; a result is cached for a second. */
async function samples(): Promise<Map<string, number>> {
  service.clock.advance(1);
  const { text } = await service.get('/metrics');
  const lines = text.split('\n').filter((line) => line.startsWith('identity_'));
  return new Map(lines.map((line) => [line.replace(/ [^ ]+$/, ''), Number(line.replace(/^.* /, ''))]));
}

/** How much these requests add to the samples whose name starts with `name`. */
async function countedBy(requests: () => Promise<unknown>, name: string): Promise<Record<string, number>> {
  const before = await samples();
  await requests();
  const after = await samples();
  return Object.fromEntries(
    [...after]
      .map(([sample, value]) => [sample, value - (before.get(sample) ?? 0)] as const)
      .filter(([sample, growth]) => sample.startsWith(name) && growth > 0),
  );
}

describe('GET /metrics', () => {
  it('returns the text format of Prometheus', async () => {
    const { status, headers, text } = await service.get('/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toMatch(/^# HELP /m);
    expect(text).toMatch(/^process_cpu_seconds_total /m);
  });

  it('counts anonymous tokens, and an audience of no client as other', async () => {
    const counted = await countedBy(
      () => service.issue({ aud: 'audience-marker' }),
      'identity_tokens_issued_total',
    );
    expect(counted).toEqual({
      'identity_tokens_issued_total{caller="anonymous",audience="other",algorithm="HS256"}': 1,
    });
  });

  it('counts rejected token requests and verifications by code', async () => {
    const refused = await countedBy(
      () => service.post('/token', { sub: 'a', aud: 'identity-backend' }),
      'identity_token_refusals_total',
    );
    expect(refused).toEqual({ 'identity_token_refusals_total{code="invalid_target"}': 1 });
    const verified = await countedBy(async () => {
      await service.verify(handMadeToken());
      await service.verify('a.b.c');
    }, 'identity_verifications_total');
    expect(verified).toEqual({
      'identity_verifications_total{code="valid"}': 1,
      'identity_verifications_total{code="malformed_token"}': 1,
    });
  });

  it('counts requests of unknown URLs under the route unmatched', async () => {
    const counted = await countedBy(async () => {
      for (let index = 0; index < 5; index++) await service.get(`/route-marker-${index}?q=query-marker`);
    }, 'identity_http_request_duration_seconds_count');
    expect(counted).toMatchObject({
      'identity_http_request_duration_seconds_count{method="GET",route="unmatched",status="404"}': 5,
    });
  });

  it('contains nothing that a caller sent', async () => {
    const token = await service.issue({ sub: 'sub-marker', aud: 'aud-marker', scope: 'scope-marker' });
    await service.verify(token, 'verify-marker');
    await service.post(
      '/token',
      { sub: 'sub-marker', aud: ['aud-marker', 1] },
      { 'x-request-id': 'id-marker' },
    );
    await service.get(`/path-marker/${token}`);
    service.clock.advance(1);
    const { text } = await service.get('/metrics');
    expect(text).not.toMatch(/marker/);
    expect(text).not.toContain(token);
  });

  it('returns one result to all requests for a second', async () => {
    service.clock.advance(1);
    const texts = await Promise.all(
      Array.from({ length: 20 }, async () => (await service.get('/metrics')).text),
    );
    await service.verify('a.b.c');
    texts.push((await service.get('/metrics')).text);
    expect(new Set(texts).size).toBe(1);
    service.clock.advance(1);
    expect(texts).not.toContain((await service.get('/metrics')).text);
  });

  it('returns 404 if it is disabled', async () => {
    const closed = await RunningApp.start({ metrics: false });
    const { status, body } = await closed.get('/metrics');
    await closed.stop();
    expect({ status, code: body['code'] }).toEqual({ status: 404, code: 'not_found' });
  });
});

describe('the metric of issued tokens', () => {
  const NAME = 'identity_tokens_issued_total';
  const sample = (caller: string, audience: string, algorithm = 'HS256'): string =>
    `${NAME}{caller="${caller}",audience="${audience}",algorithm="${algorithm}"}`;
  let admin: Administrator;
  let authorization: string;
  beforeAll(async () => {
    admin = await Administrator.of(service);
    const members = {
      audiences: ['billing', 'reports', 'https://api.example.com/"\\'],
      may_act_for: ['user-*'],
    };
    ({ authorization } = await makeClient(service, 'worker', members));
  });

  it('distinguishes registered clients from anonymous callers', async () => {
    const counted = await countedBy(async () => {
      await service.issue({ aud: 'billing' });
      await service.issue({ aud: 'billing' }, { authorization });
      await service.issue({ aud: ['billing'] }, { authorization });
      const form = 'grant_type=client_credentials&audience=reports';
      await service.form('/oauth2/token', form, { authorization });
    }, NAME);
    expect(counted).toEqual({
      [sample('anonymous', 'billing')]: 1,
      [sample('client', 'billing')]: 2,
      [sample('client', 'reports')]: 1,
    });
  });

  it('names an audience only while a client has it', async () => {
    const issue = (): Promise<Record<string, number>> =>
      countedBy(() => service.issue({ aud: 'brief' }), NAME);
    expect(await issue()).toEqual({ [sample('anonymous', 'other')]: 1 });
    await makeClient(service, 'brief', { audiences: ['brief'] });
    expect(await issue()).toEqual({ [sample('anonymous', 'brief')]: 1 });
    await admin.remove('brief');
    expect(await issue()).toEqual({ [sample('anonymous', 'other')]: 1 });
  });

  it('counts a token for two audiences as several, and escapes their names', async () => {
    const counted = await countedBy(async () => {
      await service.issue({ aud: ['billing', 'reports'] }, { authorization });
      await service.issue({ aud: 'https://api.example.com/"\\' }, { authorization });
    }, NAME);
    expect(counted).toEqual({
      [sample('client', 'several')]: 1,
      [sample('client', 'https://api.example.com/\\"\\\\')]: 1,
    });
  });

  it('counts the tokens of administrators by the algorithm that signs them', async () => {
    const counted = await countedBy(() => admin.token(), NAME);
    expect(counted).toEqual({ [sample('client', 'identity-backend', 'ES256')]: 1 });
  });

  it('names no client, and rejected requests are counted only by code', async () => {
    const counted = await countedBy(async () => {
      const wrong = { authorization: basic('client-marker', 'wrong') };
      await service.post('/token', { sub: 'a', aud: 'billing' }, wrong);
      await service.form('/oauth2/token', 'grant_type=client_credentials', wrong);
      await service.form('/oauth2/token', 'grant_type=client_credentials&audience=x', { authorization });
    }, 'identity_token_refusals_total');
    expect(counted).toEqual({
      'identity_token_refusals_total{code="invalid_client"}': 2,
      'identity_token_refusals_total{code="invalid_target"}': 1,
    });
    service.clock.advance(1);
    expect((await service.get('/metrics')).text).not.toMatch(/marker|worker/);
  });
});
