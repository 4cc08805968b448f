import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, RunningApp } from '../../support/running-app.js';

const ORIGIN = 'https://app.example.com';
const STRANGER = 'https://stranger.example';
const DOCUMENTS = [
  '/.well-known/jwks.json',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
];

const corsOf = ({ headers }: Answer): Record<string, string> =>
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

  it.each(DOCUMENTS)('%s is read by pages of every origin', async (path) => {
    for (const origin of [ORIGIN, STRANGER, 'null', undefined]) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await service.request(path, {
          method,
          headers: origin === undefined ? {} : { origin },
        });
        expect([answer.status, corsOf(answer)]).toEqual([200, { 'access-control-allow-origin': '*' }]);
        expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
        expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
      }
    }
  });

  it.each(DOCUMENTS)('%s is allowed after a preflight with any header', async (path) => {
    for (const names of ['mcp-protocol-version', 'authorization, x-a', 'accept,x-trace-id', undefined]) {
      const answer = await service.request(path, {
        method: 'OPTIONS',
        headers: {
          origin: STRANGER,
          'access-control-request-method': 'GET',
          ...(names !== undefined && { 'access-control-request-headers': names }),
        },
      });
      expect([answer.status, answer.text, corsOf(answer)]).toEqual([
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

  it.each(DOCUMENTS)('%s echoes nothing that is not a list of header names', async (path) => {
    const answer = await service.request(path, {
      method: 'OPTIONS',
      headers: { origin: STRANGER, 'access-control-request-headers': '<script>"x"' },
    });
    expect(answer.headers.get('access-control-allow-headers')).toBe('*');
  });

  it('are read after a 304, too', async () => {
    const { headers } = await service.get('/.well-known/jwks.json');
    const again = await service.get('/.well-known/jwks.json', { 'if-none-match': headers.get('etag') ?? '' });
    expect([again.status, corsOf(again)]).toEqual([304, { 'access-control-allow-origin': '*' }]);
  });

  it('are no other routes', async () => {
    for (const path of [
      '/ping',
      '/token',
      '/oauth2/token',
      '/oauth2/authorize',
      '/health/live',
      '/.well-known/x',
    ]) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const answer = await service.request(path, {
          method,
          headers: { origin: STRANGER, 'access-control-request-method': 'POST' },
        });
        expect([path, method, answer.headers.get('access-control-allow-origin')]).toEqual([
          path,
          method,
          null,
        ]);
      }
    }
  });
});

describe('public documents that are not there', () => {
  it('say why to pages of every origin', async () => {
    const service = await RunningApp.start();
    const answer = await service.get('/.well-known/openid-configuration', { origin: STRANGER });
    expect([answer.status, corsOf(answer)]).toEqual([404, { 'access-control-allow-origin': '*' }]);
    await service.stop();
  });
});
