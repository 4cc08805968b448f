import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, RunningApp } from '../../support/running-app.js';

const ORIGIN = 'https://app.example.com';

const corsHeaders = ({ headers }: Answer): string[] =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-'));

const preflight = (service: RunningApp, path: string, origin: string): Promise<Answer> =>
  service.request(path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  });

describe('without origins', () => {
  let service: RunningApp;
  beforeAll(async () => {
    service = await RunningApp.start();
  });
  afterAll(() => service.stop());

  it('no answer has a CORS header', async () => {
    const answers = [
      await service.get('/ping', { origin: ORIGIN }),
      await service.post('/token', { sub: 'a', aud: 'b' }, { origin: ORIGIN }),
      await service.postRaw('/token', '{', { origin: ORIGIN }),
      await service.get('/no-such-route', { origin: ORIGIN }),
      await preflight(service, '/token', ORIGIN),
    ];
    expect(answers.flatMap(corsHeaders)).toEqual([]);
  });

  it('a preflight is a method that is not allowed', async () => {
    expect((await preflight(service, '/token', ORIGIN)).status).toBe(405);
  });
});

describe('with origins', () => {
  let service: RunningApp;
  beforeAll(async () => {
    service = await RunningApp.start({ corsOrigins: [ORIGIN, 'http://localhost:5173'] });
  });
  afterAll(() => service.stop());

  it.each([ORIGIN, 'http://localhost:5173'])('the pages of %s may call the service', async (origin) => {
    for (const path of ['/token', '/verify']) {
      const { status, headers } = await preflight(service, path, origin);
      expect([200, 204]).toContain(status);
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-allow-methods')).toContain('POST');
    }
    const { status, headers } = await service.post('/token', { sub: 'a', aud: 'b' }, { origin });
    expect({ status, allowed: headers.get('access-control-allow-origin') }).toEqual({
      status: 200,
      allowed: origin,
    });
    expect(headers.get('vary')).toMatch(/\borigin\b/i);
  });

  it('they may read an error too', async () => {
    const answers = [
      await service.post('/token', {}, { origin: ORIGIN }),
      await service.post('/verify', { token: 'a.b.c', aud: 'b' }, { origin: ORIGIN }),
      await service.get('/no-such-route', { origin: ORIGIN }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 401, 404]);
    for (const { headers } of answers) expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
  });

  it.each(['https://evil.example', 'https://app.example.com.evil.example', 'http://app.example.com', 'null'])(
    'the pages of %s may not',
    async (origin) => {
      const answers = [await preflight(service, '/token', origin), await service.get('/ping', { origin })];
      for (const { headers } of answers) expect(headers.get('access-control-allow-origin')).not.toBe(origin);
      for (const { headers } of answers) expect(headers.get('access-control-allow-origin')).not.toBe('*');
    },
  );

  it('cookies are never allowed', async () => {
    expect(
      (await preflight(service, '/token', ORIGIN)).headers.get('access-control-allow-credentials'),
    ).toBeNull();
  });

  it('security headers are there as well', async () => {
    const answer = await preflight(service, '/token', ORIGIN);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-request-id')).not.toBeNull();
  });

  it('an OPTIONS that is no preflight has the headers of every answer, and no error in other words than JSON', async () => {
    const { status, text, body, headers } = await service.request('/token', { method: 'OPTIONS' });
    expect({ status, text, code: body['code'] }).toEqual(
      status === 204
        ? { status: 204, text: '', code: undefined }
        : { status: 405, text, code: 'method_not_allowed' },
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-request-id')).not.toBeNull();
  });

  it('other methods are still answered 405', async () => {
    const { status, headers } = await service.get('/token', { origin: ORIGIN });
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'POST' });
  });
});
