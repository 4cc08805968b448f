import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start({ swagger: true });
});
afterAll(() => service.stop());

const EVERYWHERE = [
  'strict-transport-security',
  'referrer-policy',
  'x-frame-options',
  'content-security-policy',
];

describe('security headers', () => {
  it.each<[string, () => Promise<ServiceResponse>]>([
    ['GET /ping', () => service.get('/ping')],
    ['HEAD /ping', () => service.request('/ping', { method: 'HEAD' })],
    ['POST /token', () => service.post('/token', { sub: 'a', aud: 'b' })],
    ['an error of POST /token', () => service.post('/token', {})],
    ['an error of POST /verify', () => service.verify('a.b.c')],
    ['malformed JSON', () => service.postRaw('/token', '{')],
    ['a body that is too large', () => service.postRaw('/token', 'x'.repeat(70_000))],
    ['a body of another type', () => service.postRaw('/token', 'a', { 'content-type': 'text/plain' })],
    ['GET /metrics', () => service.get('/metrics')],
    ['GET /debug-env', () => service.get('/debug-env')],
    ['GET /health/ready', () => service.get('/health/ready')],
    ['404', () => service.get('/no-such-route')],
    ['405', () => service.get('/token')],
  ])('are in every response, with Cache-Control: no-store: %s', async (_name, ask) => {
    const { headers } = await ask();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    for (const name of EVERYWHERE) expect([name, headers.get(name)]).toEqual([name, expect.any(String)]);
    for (const name of ['server', 'x-powered-by']) expect([name, headers.get(name)]).toEqual([name, null]);
  });

  it.each(['/docs', '/docs/swagger-ui.css', '/docs/swagger-ui-init.js', '/docs/no-such-file'])(
    'allow Swagger UI no inline scripts and no scripts of other origins: %s',
    async (path) => {
      const { headers } = await service.get(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      for (const name of EVERYWHERE) expect([name, headers.get(name)]).toEqual([name, expect.any(String)]);
      const policy = new Map(
        (headers.get('content-security-policy') ?? '').split(';').map((each) => {
          const [name = '', ...values] = each.trim().split(' ');
          return [name, values.join(' ')];
        }),
      );
      expect(policy.get('script-src') ?? policy.get('default-src')).not.toMatch(/unsafe|\*|https?:|data:/);
      expect(policy.get('frame-ancestors')).toBe("'none'");
    },
  );

  it('need no exception for inline scripts of Swagger UI: it has none', async () => {
    const { text } = await service.get('/docs');
    const scripts = [...text.matchAll(/<script\b([^>]*)>([^]*?)<\/script>/g)];
    expect(scripts.length).toBeGreaterThan(0);
    for (const [, attributes, content] of scripts) {
      expect(attributes).toContain('src=');
      expect(content?.trim()).toBe('');
    }
  });
});
