import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

const ORIGIN = 'https://app.example.com';
const FOREIGN_ORIGIN = 'https://stranger.example';
const DOCUMENTS = [
  '/.well-known/jwks.json',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
];

const corsOf = ({ headers }: ServiceResponse): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));

describe.each([
  ['without origins', '', []],
  ['with origins', '', [ORIGIN]],
  ['under a base path', '/identity-backend', []],
  ['under a base path, with origins', '/identity-backend', [ORIGIN]],
])('public documents %s', (_name, basePath, corsOrigins) => {
  let service: RunningApp;
  beforeAll(async () => {
    service = await RunningApp.start({ basePath, corsOrigins, issuer: `https://id.example.com${basePath}` });
  });
  afterAll(() => service.stop());

  it.each(DOCUMENTS)('%s may be read by pages of every origin', async (path) => {
    for (const origin of [ORIGIN, FOREIGN_ORIGIN, 'null', undefined]) {
      for (const method of ['GET', 'HEAD']) {
        const response = await service.request(path, {
          method,
          headers: origin === undefined ? {} : { origin },
        });
        expect([response.status, corsOf(response)]).toEqual([200, { 'access-control-allow-origin': '*' }]);
        expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
        expect(response.headers.get('cache-control')).toBe('public, max-age=300');
      }
    }
  });

  it.each(DOCUMENTS)('%s allows any request header in a preflight', async (path) => {
    for (const names of ['mcp-protocol-version', 'authorization, x-a', 'accept,x-trace-id', undefined]) {
      const response = await service.request(path, {
        method: 'OPTIONS',
        headers: {
          origin: FOREIGN_ORIGIN,
          'access-control-request-method': 'GET',
          ...(names !== undefined && { 'access-control-request-headers': names }),
        },
      });
      expect([response.status, response.text, corsOf(response)]).toEqual([
        204,
        '',
        {
          'access-control-allow-origin': '*',
          'access-control-allow-methods': 'GET, HEAD',
          'access-control-allow-headers': names ?? '*',
          'access-control-max-age': '3600',
        },
      ]);
    }
  });

  it.each(DOCUMENTS)('%s does not echo a malformed list of header names', async (path) => {
    const response = await service.request(path, {
      method: 'OPTIONS',
      headers: { origin: FOREIGN_ORIGIN, 'access-control-request-headers': '<script>"x"' },
    });
    expect(response.headers.get('access-control-allow-headers')).toBe('*');
  });

  it('may be read after a 304 too', async () => {
    const { headers } = await service.get('/.well-known/jwks.json');
    const again = await service.get('/.well-known/jwks.json', { 'if-none-match': headers.get('etag') ?? '' });
    expect([again.status, corsOf(again)]).toEqual([304, { 'access-control-allow-origin': '*' }]);
  });

  it('do not include other routes', async () => {
    for (const path of [
      '/ping',
      '/token',
      '/oauth2/token',
      '/oauth2/authorize',
      '/health/live',
      '/.well-known/x',
    ]) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const response = await service.request(path, {
          method,
          headers: { origin: FOREIGN_ORIGIN, 'access-control-request-method': 'POST' },
        });
        expect([path, method, response.headers.get('access-control-allow-origin')]).toEqual([
          path,
          method,
          null,
        ]);
      }
    }
  });
});

describe('public documents that do not exist', () => {
  it('return a 404 that pages of every origin may read', async () => {
    const service = await RunningApp.start();
    const response = await service.get('/.well-known/openid-configuration', { origin: FOREIGN_ORIGIN });
    expect([response.status, corsOf(response)]).toEqual([404, { 'access-control-allow-origin': '*' }]);
    await service.stop();
  });
});
