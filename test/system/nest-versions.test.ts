import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestIssuer } from '../../src/testing/index.js';
import { bearerHeaders, type ReceivedResponse, request } from '../support/http-request.js';
import {
  MODULE_KINDS,
  type ModuleKind,
  NestConsumer,
  type StartedConsumer,
} from '../support/nest-consumer.js';
import { pack } from '../support/packed-package.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const SECRET = 'a-secret-of-the-consumers-that-no-service-uses-0123456789';
const issuer = new TestIssuer({ issuer: 'test-issuer', algorithm: 'HS256', secret: SECRET });

/** The repositories, by the major of Nest. */
const VERSIONS = [
  { nest: 10, express: 4, typescript: 5 },
  { nest: 11, express: 5 },
  { nest: 12, express: 5 },
] as const;
const KINDS = Object.keys(MODULE_KINDS) as readonly ModuleKind[];
/** Two are registered by `forRootAsync`, two by `forRoot`. */
const AUDIENCES = ['first', 'second', 'third', 'fourth'];

let tarball: string;
let tokenEndpoint: Server;

/** The part of an issuer that the token client needs: `POST /oauth2/token` (RFC 6749 §4.4). */
async function serveTokens(): Promise<Server> {
  const server = createServer((received, response) => {
    let body = '';
    received.on('data', (chunk: Buffer) => (body += chunk.toString()));
    received.on('end', () => {
      const { audience, scope } = Object.fromEntries(new URLSearchParams(body));
      void issuer.token({ sub: 'caller', aud: audience, scope }).then((token) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 300 }));
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

beforeAll(async () => {
  tarball = pack(temporaryDirectory()).client.path;
  tokenEndpoint = await serveTokens();
}, 120_000);
afterAll(() => {
  tokenEndpoint.close();
  tokenEndpoint.closeAllConnections();
});

describe.each(VERSIONS)('the light package on Nest $nest', (installed) => {
  let consumer: NestConsumer;

  beforeAll(() => {
    consumer = new NestConsumer(installed, tarball);
  });

  it('installs without conflicts of peers, and brings no other package', async () => {
    expect(await consumer.install()).toMatchObject({ code: 0 });
    const own = 'node_modules/@acme/identity-client';
    expect(consumer.packages).toContain(own);
    expect(consumer.packages.filter((path) => path.startsWith(`${own}/`))).toEqual([]);
  });

  it('adds one package to an application on Express', async () => {
    const application = new NestConsumer(installed, tarball);
    const before = await application.countOnExpress(true);
    expect(before).toBeGreaterThan(60);
    expect((await application.countOnExpress(false)) - before).toBe(1);
  });

  it.each(KINDS)('compiles every public export under strict options: %s', async (kind) => {
    expect(await consumer.compile(kind)).toEqual({ code: 0, text: '' });
  });

  describe.each(KINDS)('in an application of %s', (kind) => {
    let app: Awaited<ReturnType<NestConsumer['start']>>;

    const get = (
      server: keyof StartedConsumer['urls'],
      path: string,
      token?: string,
    ): Promise<ReceivedResponse> =>
      request(`${app.urls[server]}${path}`, token === undefined ? {} : { headers: bearerHeaders(token) });

    beforeAll(async () => {
      const { port } = tokenEndpoint.address() as AddressInfo;
      app = await consumer.start(kind, { SECRET, ISSUER_URL: `http://127.0.0.1:${port}` });
    });

    it('starts without a warning, with every export', () => {
      expect(app.program.stderr).toBe('');
      expect(app.exported.length).toBeGreaterThan(15);
      expect(app.algorithm).toBe('ES256');
      expect(app.faults).toBeGreaterThan(5);
    });

    it.each(['express', 'fastify'] as const)('lets requests in by their tokens: %s', async (server) => {
      const valid = await issuer.token({ sub: 'user-42', aud: 'first', scope: 'read' });
      const other = await issuer.token({ aud: 'first', scope: 'write' });
      expect(await get(server, '/first', valid)).toMatchObject({
        status: 200,
        body: { subject: 'user-42', audience: 'first' },
      });
      expect(await get(server, '/first')).toMatchObject({ status: 401, body: { code: 'missing_token' } });
      expect(await get(server, '/first', other)).toMatchObject({
        status: 403,
        body: { code: 'insufficient_scope' },
      });
      expect(await get(server, '/first', await issuer.badToken('expired'))).toMatchObject({ status: 401 });
      expect(await get(server, '/first/ping')).toMatchObject({ status: 200, body: { claims: null } });
    });

    it('keeps registrations apart: each module accepts its own audience only', async () => {
      const statuses: Record<string, number> = {};
      for (const path of AUDIENCES) {
        for (const audience of AUDIENCES) {
          const token = await issuer.token({ aud: audience, scope: 'read' });
          statuses[`${audience} at ${path}`] = (await get('express', `/${path}`, token)).status;
        }
      }
      const accepted = Object.keys(statuses).filter((name) => statuses[name] === 200);
      expect(accepted).toEqual(AUDIENCES.map((name) => `${name} at ${name}`));
      expect(new Set(Object.values(statuses))).toEqual(new Set([200, 401]));
    });

    it('calls a service with a token of the token client', async () => {
      const url = encodeURIComponent(`${app.urls.fastify}/first`);
      expect(await get('express', `/call?url=${url}`)).toMatchObject({
        status: 200,
        body: { subject: 'caller', audience: 'first' },
      });
    });

    it('does not keep the process alive', async () => {
      expect(await app.program.stop()).toBe('SIGTERM');
    });
  });
});
