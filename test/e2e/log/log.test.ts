import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LEVEL, type LogLine } from '../../support/captured-log.js';
import { readToken } from '../../support/hand-made-token.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start();
});
beforeEach(() => service.captured.clear());
afterAll(() => service.stop());

/** The lines of one request, once all of them are written. */
async function linesOf(ask: (headers: Record<string, string>) => Promise<unknown>): Promise<LogLine[]> {
  await ask({ 'x-request-id': 'id-1' });
  await service.get('/ping', { 'x-request-id': 'id-2' });
  return service.captured.lines.filter(({ reqId }) => reqId === 'id-1');
}

describe('the log', () => {
  it.each([
    ['GET', '/.well-known/jwks.json', '/.well-known/jwks.json', 200],
    ['HEAD', '/.well-known/jwks.json', '/.well-known/jwks.json', 200],
    ['POST', '/verify', '/verify', 400],
    ['GET', '/admin/clients/worker', '/admin/clients/:id', 401],
    ['GET', '/.well-known/openid-configuration', '/.well-known/openid-configuration', 404],
    ['PUT', '/token', '/token', 405],
  ])(
    'has a line for the response to %s %s with its route pattern and duration',
    async (method, path, route, status) => {
      const lines = await linesOf((headers) => service.request(path, { method, headers }));
      expect(lines).toEqual([
        expect.objectContaining({ level: LEVEL.info, method, route, status, ms: expect.any(Number) }),
      ]);
    },
  );

  it('identifies an issued token by its jti', async () => {
    let token = '';
    const lines = await linesOf(async (headers) => {
      const { body } = await service.post('/token', { sub: 'user-42', aud: ['a', 'b'], scope: 'c' }, headers);
      token = String(body['token']);
    });
    expect(lines.filter(({ audit }) => audit === true)).toEqual([
      expect.objectContaining({
        level: LEVEL.info,
        event: 'token.issued',
        jti: readToken(token).claims['jti'],
        sub: 'user-42',
        aud: ['a', 'b'],
        scope: 'c',
      }),
    ]);
  });

  it.each([
    ['invalid_target', { sub: 'user-42', aud: 'identity-backend' }, {}],
    ['invalid_scope', { sub: 'user-42', aud: 'a', scope: 'identity:admin' }, {}],
    ['invalid_client', { sub: 'user-42', aud: 'a' }, { authorization: 'Basic x' }],
  ])('has the code of a rejected token request: %s', async (code, body, further) => {
    const lines = await linesOf((headers) => service.post('/token', body, { ...headers, ...further }));
    expect(lines.filter(({ audit, event }) => audit === true && event !== 'authentication.failed')).toEqual([
      expect.objectContaining({ event: 'token.refused', code }),
    ]);
  });

  it('shows an unknown route as unmatched, without its URL', async () => {
    const lines = await linesOf((headers) => service.get('/path-marker?query-marker', headers));
    expect(lines).toEqual([expect.objectContaining({ route: 'unmatched', status: 404 })]);
    expect(service.captured.text).not.toContain('marker');
  });

  it('has one JSON object per line, whatever the values are', async () => {
    await linesOf((headers) => service.post('/token', { sub: 'a\u2028b "\\', aud: 'c' }, headers));
    for (const line of service.captured.text.trimEnd().split('\n'))
      expect(() => JSON.parse(line) as unknown).not.toThrow();
  });
});
