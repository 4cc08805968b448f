import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LEVEL } from '../../support/captured-log.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start({ basePath: '/identity-backend', swagger: true });
});
afterAll(() => service.stop());

const outside = (path: string, init?: RequestInit): Promise<Response> => fetch(service.origin + path, init);

describe('under a base path', () => {
  it.each(['/ping', '/health/live', '/health/ready', '/metrics', '/debug-env', '/openapi.json', '/docs'])(
    'GET %s returns 200, and 404 without the base path',
    async (path) => {
      expect((await service.get(path)).status).toBe(200);
      const { status, headers } = await outside(path);
      expect({ status, nosniff: headers.get('x-content-type-options') }).toEqual({
        status: 404,
        nosniff: 'nosniff',
      });
    },
  );

  it('tokens are issued and verified; POST /token without the base path returns 404', async () => {
    expect((await service.verify(await service.issue())).status).toBe(200);
    expect((await outside('/token', { method: 'POST' })).status).toBe(404);
  });

  it('GET /verify returns 405 with Allow: POST', async () => {
    const { status, headers } = await service.get('/verify');
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'POST' });
  });

  it('a path that only begins with the same characters returns 404', async () => {
    expect((await outside('/identity-backend-2/ping')).status).toBe(404);
    expect((await outside('/identity-backendping')).status).toBe(404);
  });

  it('/ping writes no log line at level info or above', async () => {
    service.captured.clear();
    await service.get('/ping');
    await service.get('/verify');
    const pings = service.captured.lines.filter(({ route }) => String(route).endsWith('/ping'));
    expect(pings.filter(({ level }) => level >= LEVEL.info)).toEqual([]);
  });

  it('the OpenAPI document names the base path as its server', async () => {
    const { body } = await service.get('/openapi.json');
    expect(body['servers']).toEqual([{ url: '/identity-backend' }]);
    expect(Object.keys(body['paths'] as object)).toContain('/token');
  });

  it('the files that the documentation page links to return 200', async () => {
    const { text } = await service.get('/docs');
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      const { status } = await fetch(new URL(file, `${service.origin}/identity-backend/docs`));
      expect([file, status]).toEqual([file, 200]);
    }
  });
});
