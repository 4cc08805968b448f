import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

const ORIGIN = 'https://app.example.com';

const corsHeaders = ({ headers }: ServiceResponse): string[] =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-'));

const preflight = (service: RunningApp, path: string, origin: string): Promise<ServiceResponse> =>
  service.request(path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  });

describe('without CORS origins', () => {
  let service: RunningApp;
  beforeAll(async () => {
    service = await RunningApp.start();
  });
  afterAll(() => service.stop());

  it('no response has a CORS header', async () => {
    const responses = [
      await service.get('/ping', { origin: ORIGIN }),
      await service.post('/token', { sub: 'a', aud: 'b' }, { origin: ORIGIN }),
      await service.postRaw('/token', '{', { origin: ORIGIN }),
      await service.get('/no-such-route', { origin: ORIGIN }),
      await preflight(service, '/token', ORIGIN),
    ];
    expect(responses.flatMap(corsHeaders)).toEqual([]);
  });

  it('a preflight returns 405', async () => {
    expect((await preflight(service, '/token', ORIGIN)).status).toBe(405);
  });
});

describe('with CORS origins', () => {
  let service: RunningApp;
  beforeAll(async () => {
    service = await RunningApp.start({ corsOrigins: [ORIGIN, 'http://localhost:5173'] });
  });
  afterAll(() => service.stop());

  it.each([ORIGIN, 'http://localhost:5173'])('pages of %s may call the service', async (origin) => {
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

  it('pages of an allowed origin may read errors too', async () => {
    const responses = [
      await service.post('/token', {}, { origin: ORIGIN }),
      await service.post('/verify', { token: 'a.b.c', aud: 'b' }, { origin: ORIGIN }),
      await service.get('/no-such-route', { origin: ORIGIN }),
    ];
    expect(responses.map(({ status }) => status)).toEqual([400, 401, 404]);
    for (const { headers } of responses) expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
  });

  it.each(['https://evil.example', 'https://app.example.com.evil.example', 'http://app.example.com', 'null'])(
    'pages of %s may not call the service',
    async (origin) => {
      const responses = [await preflight(service, '/token', origin), await service.get('/ping', { origin })];
      for (const { headers } of responses)
        expect(headers.get('access-control-allow-origin')).not.toBe(origin);
      for (const { headers } of responses) expect(headers.get('access-control-allow-origin')).not.toBe('*');
    },
  );

  it('a preflight response has no Access-Control-Allow-Credentials', async () => {
    expect(
      (await preflight(service, '/token', ORIGIN)).headers.get('access-control-allow-credentials'),
    ).toBeNull();
  });

  it('a preflight response has X-Content-Type-Options and X-Request-Id', async () => {
    const response = await preflight(service, '/token', ORIGIN);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-request-id')).not.toBeNull();
  });

  it('an OPTIONS request that is not a preflight gets the usual headers, and errors only as JSON', async () => {
    const { status, text, body, headers } = await service.request('/token', { method: 'OPTIONS' });
    expect({ status, text, code: body['code'] }).toEqual(
      status === 204
        ? { status: 204, text: '', code: undefined }
        : { status: 405, text, code: 'method_not_allowed' },
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-request-id')).not.toBeNull();
  });

  it('other methods still return 405 with Allow', async () => {
    const { status, headers } = await service.get('/token', { origin: ORIGIN });
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'POST' });
  });
});
