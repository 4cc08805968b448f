import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RunningApp } from '../../support/running-app.js';

/** Pieces of paths that routers, file systems, proxies and decoders read differently. */
const PIECES = [
  ...[
    '.',
    '..',
    '...',
    '/',
    '//',
    '/./',
    '/../',
    '\\',
    '\\..\\',
    ';',
    ';a=b',
    ':',
    '*',
    '{id}',
    ':id',
    '~',
    '|',
    '"',
  ],
  ...[
    '%2e',
    '%2E%2e',
    '%2f',
    '%5c',
    '%00',
    '%0a',
    '%0d%0a',
    '%20',
    '%25',
    '%252e%252e%252f',
    '%ff',
    '%c0%ae',
  ],
  ...['%ed%a0%80', '%f0%9f%98%80', '%', '%2', '%zz', '%u002e', '?', '?x=%ff', '??', '&', '=', '#', '#/../x'],
  ...[
    '.env',
    'etc/passwd',
    'index.html',
    'swagger-ui.css',
    'swagger-ui-init.js',
    'docs',
    'openapi.json',
    'LICENSE',
  ],
  ...['\u00e9', '\u0080', '\u00ff', '__proto__', 'constructor', 'CON', 'a'.repeat(300)],
];

const SHOWN = [
  ...['', '/', '/index.html', '/../.env', '//x', '/./x', '/%2e%2e/.env', '/%00', '/%ff', '/..%2f..%2f.env'],
  ...[
    '/\\..\\.env',
    '/..\\',
    '/;',
    '/;a=b',
    '?',
    '?x=%ff',
    '/?x',
    '#x',
    '/x y',
    '/*',
    '/%',
    '/%2',
    '/%zz',
    '//',
    '///',
  ],
  ...[
    '/swagger-ui.css/',
    '/swagger-ui.css%00',
    '/SWAGGER-UI.CSS',
    '%2f',
    '%2f..',
    '/..;/x',
    '/:x',
    '/{x}',
    '/.',
    '/..',
  ],
  ...[`/${'a'.repeat(12_000)}`, `/${'%41'.repeat(4_000)}`, '/../'.repeat(2_000), '/%2e%2e'.repeat(1_500)],
];

/** Sends a path unchanged, which `fetch` would normalize, on a connection of its own. */
async function statusOf(origin: string, path: string, method = 'GET'): Promise<number> {
  const { hostname, port } = new URL(origin);
  const socket: Socket = connect(Number(port), hostname);
  let response = '';
  socket.setEncoding('latin1').on('data', (text: string) => (response += text));
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, 'latin1');
  await once(socket, 'close');
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(response)?.[1]);
}

describe.each(['', '/identity-backend'])('under "%s"', (basePath) => {
  let service: RunningApp;
  beforeAll(async () => {
    service = await RunningApp.start({ swagger: true, basePath });
  });
  afterAll(async () => {
    const errors = service.captured.lines.filter(({ level }) => level >= 50);
    await service.stop();
    expect(errors).toEqual([]);
  });

  it.each(SHOWN)('GET /docs%s returns 200, 301, 400 or 404', async (tail) => {
    expect([200, 301, 400, 404]).toContain(await statusOf(service.origin, `${basePath}/docs${tail}`));
  });

  it('GET of any path under /docs returns 200, 301, 400 or 404', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }), async (pieces) => {
        const path = `${basePath}/docs${pieces.join('')}`;
        expect([200, 301, 400, 404]).toContain(await statusOf(service.origin, path));
      }),
      { numRuns: 300 },
    );
  });

  it('no path returns 5xx with any method', async () => {
    const begin = fc.constantFrom(
      ...['', '/', '*', '/token', '/verify', '/health/', '/admin/clients/', '/admin/clients/x/secrets/'],
      ...['/oauth2/', '/.well-known/', '/openapi.json', '/metrics', '/ping', 'http://x', 'http://x/docs'],
    );
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE');
    await fc.assert(
      fc.asyncProperty(
        method,
        begin,
        fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }),
        async (name, start, pieces) => {
          const path = `${start.startsWith('/') ? basePath : ''}${start}${pieces.join('')}`;
          const status = await statusOf(service.origin, path, name);
          expect(status).toBeGreaterThanOrEqual(200);
          expect(status).toBeLessThan(500);
        },
      ),
      { numRuns: 300 },
    );
  });
});
