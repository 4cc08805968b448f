import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { handMadeToken } from '../../support/hand-made-token.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start();
});
afterAll(() => service.stop());

/** The samples of the service's own metrics, by name and labels. */
async function samples(): Promise<Map<string, number>> {
  const { text } = await service.get('/metrics');
  const lines = text.split('\n').filter((line) => line.startsWith('identity_'));
  return new Map(lines.map((line) => [line.replace(/ [^ ]+$/, ''), Number(line.replace(/^.* /, ''))]));
}

/** What is counted by these requests, in the samples whose name begins so. */
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
  it('answers in the text format of Prometheus', async () => {
    const { status, headers, text } = await service.get('/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toMatch(/^# HELP /m);
    expect(text).toMatch(/^process_cpu_seconds_total /m);
  });

  it('counts anonymous tokens, with an audience that nobody configured as other', async () => {
    const counted = await countedBy(
      () => service.issue({ aud: 'audience-marker' }),
      'identity_tokens_issued_total',
    );
    expect(counted).toEqual({
      'identity_tokens_issued_total{caller="anonymous",audience="other",algorithm="HS256"}': 1,
    });
  });

  it('counts refusals and verdicts by code', async () => {
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

  it('names routes by their pattern, whatever address is asked for', async () => {
    const counted = await countedBy(async () => {
      for (let index = 0; index < 5; index++) await service.get(`/route-marker-${index}?q=query-marker`);
    }, 'identity_http_request_duration_seconds_count');
    expect(counted).toMatchObject({
      'identity_http_request_duration_seconds_count{method="GET",route="unmatched",status="404"}': 5,
    });
  });

  it('holds nothing that a caller wrote', async () => {
    const token = await service.issue({ sub: 'sub-marker', aud: 'aud-marker', scope: 'scope-marker' });
    await service.verify(token, 'verify-marker');
    await service.post(
      '/token',
      { sub: 'sub-marker', aud: ['aud-marker', 1] },
      { 'x-request-id': 'id-marker' },
    );
    await service.get(`/path-marker/${token}`);
    const { text } = await service.get('/metrics');
    expect(text).not.toMatch(/marker/);
    expect(text).not.toContain(token);
  });

  it('answers 404 where it is off', async () => {
    const closed = await RunningApp.start({ metrics: false });
    const { status, body } = await closed.get('/metrics');
    await closed.stop();
    expect({ status, code: body['code'] }).toEqual({ status: 404, code: 'not_found' });
  });
});
