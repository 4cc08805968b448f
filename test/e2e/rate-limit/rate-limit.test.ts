import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Settings } from '../../../src/config/settings.js';
import { Administrator, basic, makeClient } from '../../support/clients.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

/** Requests of one IP address in a minute. */
const MAX = 3;

let service: RunningApp;

async function start(changes: Partial<Settings> = {}): Promise<void> {
  service = await RunningApp.start({ rateLimitMax: MAX, trustedProxies: ['127.0.0.1'], ...changes });
}
beforeEach(() => start());
afterEach(() => service.stop());

const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
const HERE = '192.0.2.1';

const verify = (address = HERE): Promise<ServiceResponse> =>
  service.post('/verify', { token: 'a.b.c', aud: 'b' }, from(address));

/** Uses up the limit of an IP address. */
async function useUp(address = HERE): Promise<void> {
  for (let index = 0; index < MAX; index++) expect((await verify(address)).status).toBe(401);
}

const limitHeaders = ({ headers }: ServiceResponse): (string | null)[] =>
  ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'retry-after'].map((name) =>
    headers.get(name),
  );

/** Every route that issues, verifies or authenticates, with the status of a request below the limit. */
const LIMITED: [route: string, status: number][] = [
  ['POST /token', 400],
  ['POST /verify', 400],
  ['POST /oauth2/token', 400],
  ['POST /oauth2/introspect', 401],
  ['POST /oauth2/revoke', 401],
  ['GET /admin/clients', 401],
  ['POST /admin/clients', 401],
  ['GET /admin/clients/x', 401],
  ['PATCH /admin/clients/x', 401],
  ['DELETE /admin/clients/x', 401],
  ['POST /admin/clients/x/secrets', 401],
  ['DELETE /admin/clients/x/secrets/y', 401],
  ['GET /admin/keys', 401],
  ['POST /admin/keys/rotate', 401],
];

/** Routes without authentication, and paths and methods without a route. */
const UNLIMITED: [route: string, status: number][] = [
  ['GET /ping', 200],
  ['GET /health/live', 200],
  ['GET /health/ready', 200],
  ['GET /metrics', 200],
  ['GET /debug-env', 200],
  ['GET /docs', 200],
  ['GET /openapi.json', 200],
  ['GET /.well-known/jwks.json', 200],
  ['GET /nothing', 404],
  ['GET /tokens', 404],
  ['GET /token', 405],
];

function ask(route: string, headers = from(HERE)): Promise<ServiceResponse> {
  const [method = '', path = ''] = route.split(' ');
  if (method === 'GET') return service.get(path, headers);
  return path.startsWith('/oauth2/')
    ? service.form(path, {}, headers)
    : service.request(path, {
        method,
        body: '{}',
        headers: { ...headers, 'content-type': 'application/json' },
      });
}

describe('an IP address over its limit', () => {
  it.each(LIMITED)('gets 429 at %s, with Retry-After', async (route, status) => {
    expect((await ask(route)).status).toBe(status);
    for (let index = 1; index < MAX; index++) await ask(route);
    const refused = await ask(route);
    expect(refused.status).toBe(429);
    expect(limitHeaders(refused)).toEqual([String(MAX), '0', '60', '60']);
    expect(refused.headers.get('cache-control')).toBe('no-store');
  });

  it.each(UNLIMITED)('is not limited at %s', async (route, status) => {
    await service.stop();
    await start({ swagger: true });
    await useUp();
    expect((await verify()).status).toBe(429);
    const response = await ask(route);
    expect({ status: response.status, headers: limitHeaders(response) }).toEqual({
      status,
      headers: [null, null, null, null],
    });
  });

  it('gets 429 in the error format of the route', async () => {
    await useUp();
    const json = await verify();
    expect(json.body).toEqual({ error: 'Try again in 60 seconds', code: 'too_many_requests' });
    const form = await ask('POST /oauth2/introspect');
    expect(form.body).toEqual({
      error: 'too_many_requests',
      error_description: 'Try again in 60 seconds',
    });
    for (const { headers } of [json, form]) {
      expect(headers.get('retry-after')).toBe('60');
      expect(headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
    }
  });

  it('gets 429 with valid credentials too, before they are checked', async () => {
    const client = await makeClient(service, 'worker', { audiences: ['a'] });
    await useUp();
    const responses = await Promise.all(
      [client.authorization, basic('worker', 'wrong')].map((authorization) =>
        service.post('/token', { sub: 'worker', aud: 'a' }, { ...from(HERE), authorization }),
      ),
    );
    expect(responses.map(({ status }) => status)).toEqual([429, 429]);
    expect(service.captured.lines.filter(({ event }) => event === 'token.refused')).toEqual([]);
  });
});

describe('the request limit', () => {
  it('is shared by all routes', async () => {
    const responses = [];
    for (const route of ['POST /token', 'POST /oauth2/revoke', 'GET /admin/clients', 'POST /verify'])
      responses.push(await ask(route));
    expect(responses.map(({ status }) => status)).toEqual([400, 401, 401, 429]);
    expect(responses.map((response) => limitHeaders(response)[1])).toEqual(['2', '1', '0', '0']);
  });

  it('is in each response, with the seconds that remain of the window', async () => {
    expect(limitHeaders(await verify())).toEqual(['3', '2', '60', null]);
    service.clock.advance(20.5);
    expect(limitHeaders(await verify())).toEqual(['3', '1', '40', null]);
  });

  it('resets at the end of the window, which begins with the first request', async () => {
    await verify();
    service.clock.advance(59.999);
    await verify();
    await verify();
    const refused = await verify();
    expect({ status: refused.status, after: refused.headers.get('retry-after') }).toEqual({
      status: 429,
      after: '1',
    });
    service.clock.advance(0.001);
    expect(limitHeaders(await verify())).toEqual(['3', '2', '60', null]);
  });

  it('is not prolonged by rejected requests', async () => {
    await useUp();
    service.clock.advance(59);
    for (let index = 0; index < 10; index++) expect((await verify()).status).toBe(429);
    service.clock.advance(1);
    expect((await verify()).status).toBe(401);
  });

  it('resets after RATE_LIMIT_WINDOW_SECONDS', async () => {
    await service.stop();
    await start({ rateLimitWindowMs: 5_000 });
    await useUp();
    expect((await verify()).headers.get('retry-after')).toBe('5');
    service.clock.advance(5);
    expect((await verify()).status).toBe(401);
  });

  it('is off if it is 0', async () => {
    await service.stop();
    await start({ rateLimitMax: 0 });
    const responses = await Promise.all(Array.from({ length: 100 }, () => verify()));
    for (const response of responses) {
      expect(response.status).toBe(401);
      expect(limitHeaders(response)).toEqual([null, null, null, null]);
    }
  });

  it('applies under BASE_PATH', async () => {
    await service.stop();
    await start({ basePath: '/identity-backend' });
    await useUp();
    expect((await verify()).status).toBe(429);
    expect((await service.get('/ping', from(HERE))).status).toBe(200);
  });

  it('is not exceeded by simultaneous requests', async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => verify()));
    expect(responses.filter(({ status }) => status === 401)).toHaveLength(MAX);
    expect(responses.filter(({ status }) => status === 429)).toHaveLength(20 - MAX);
  });

  it('applies to administrators, and counts their token request', async () => {
    const admin = await Administrator.of(service);
    const token = await admin.token();
    const list = (): Promise<ServiceResponse> =>
      service.get('/admin/clients', { authorization: `Bearer ${token}` });
    const responses = [await list(), await list(), await list()];
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 429]);
  });

  it('appears in the metrics as requests with status 429', async () => {
    await useUp();
    await verify();
    const { text } = await service.get('/metrics');
    expect(text).toContain(
      'identity_http_request_duration_seconds_count{method="POST",route="/verify",status="429"} 1',
    );
  });
});

describe('an IP address', () => {
  it.each(['192.0.2.2', '2001:db8::1', '127.0.0.1'])(
    'is not affected by the limit of another: %s',
    async (other) => {
      await useUp();
      expect((await verify(other)).status).toBe(401);
      expect((await verify()).status).toBe(429);
    },
  );

  it.each([
    ['two of one IPv6 network', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9'],
    ['in two spellings', '2001:db8::1', '2001:DB8:0:0::1'],
    ['IPv4 and IPv4-mapped IPv6', '192.0.2.9', '::ffff:192.0.2.9'],
    ['IPv4 and IPv4-mapped IPv6 in hexadecimal', '192.0.2.9', '0:0:0:0:0:FFFF:C000:0209'],
    ['with two ports', '203.0.113.5:4711', '203.0.113.5:4712'],
    ['with a port and without', '[2001:db8::1]:443', '2001:db8::1'],
    ['with zones', 'fe80::1%eth0', '[fe80::2%eth1]:80'],
    ['two values that are not IP addresses', 'unknown', '_hidden'],
  ])('counts as the same: %s', async (_name, one, other) => {
    await useUp(one);
    expect((await verify(other)).status).toBe(429);
  });

  it.each([
    ['IPv4 with a port, in another network', '198.51.100.1:5000', '198.0.2.9:5000'],
    ['IPv6 with a port, in another network', '[2001:db8::1]:443', '[2fff:db8::9]:443'],
  ])('counts as another: %s', async (_name, one, other) => {
    await useUp(one);
    expect((await verify(other)).status).toBe(401);
  });

  it('is the last one in X-Forwarded-For that is not a trusted proxy', async () => {
    for (let index = 0; index < MAX; index++) await verify(`203.0.113.${index}, ${HERE}`);
    expect((await verify(`203.0.113.99, ${HERE}`)).status).toBe(429);
    expect((await verify()).status).toBe(429);
  });

  it('is that of the connection if no proxy is trusted', async () => {
    await service.stop();
    await start({ trustedProxies: [] });
    for (let index = 0; index < MAX; index++) await verify(`192.0.2.${index}`);
    expect((await verify('192.0.2.99')).status).toBe(429);
  });
});
