import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { BoundedServer } from '../../../src/server/bounded-server.js';
import { makeClient, type TestClient } from '../../support/clients.js';
import { accessToken } from '../../support/oauth-requests.js';
import { bytesOf, PipeliningClient, postBytes } from '../../support/pipelining-client.js';
import { RunningApp } from '../../support/running-app.js';
import { until } from '../../support/until.js';

const MOST = 16;
const TOKEN = postBytes('/token', JSON.stringify({ sub: 'user-42', aud: 'logging-service' }));
const VERIFY = postBytes('/verify', JSON.stringify({ token: 'a.b.c', aud: 'logging-service' }));
const REQUESTS: readonly (readonly [name: string, bytes: string])[] = [
  ['GET /ping', bytesOf('/ping')],
  ['HEAD /ping', bytesOf('/ping').replace('GET', 'HEAD')],
  ['GET /docs', bytesOf('/docs')],
  ['GET /docs/swagger-ui-bundle.js', bytesOf('/docs/swagger-ui-bundle.js')],
  ['GET /openapi.json', bytesOf('/openapi.json')],
  ['POST /token', TOKEN],
  ['POST /verify', VERIFY],
  ['GET /metrics', bytesOf('/metrics')],
  ['GET /health/ready', bytesOf('/health/ready')],
  ['a path without a route', bytesOf('/no-such-route')],
  ['an invalid path', bytesOf('/%ff')],
  ['an unsupported method', bytesOf('/token')],
  ['an unknown expectation', bytesOf('/ping', 'Expect: something\r\n')],
];

let service: RunningApp;
let server: BoundedServer;
let clients: PipeliningClient[] = [];
beforeAll(async () => {
  service = await RunningApp.start({ swagger: true });
  server = service.app.getHttpServer() as BoundedServer;
});
afterEach(() => {
  for (const client of clients) client.close();
  clients = [];
});
afterAll(async () => {
  await service.stop();
  expect(service.captured.lines.filter(({ level }) => level >= 40)).toEqual([]);
});

async function start(bytes: string): Promise<PipeliningClient> {
  const client = await PipeliningClient.start(service.origin, bytes);
  clients.push(client);
  return client;
}

/** The IDs of the requests that got a response. */
const answeredIds = (): unknown[] =>
  service.captured.lines.filter(({ msg }) => msg === 'answered').map(({ reqId }) => reqId);

describe.each(REQUESTS)('%s', (_name, bytes) => {
  it(`gets responses to ${MOST} pipelined requests, and to as many again`, async () => {
    const client = (await start(bytes.repeat(MOST))).read();
    for (let round = 1; round <= 3; round++) {
      await until(() => client.responses === MOST * round || client.isClosed, 10_000);
      expect({ responses: client.responses, isClosed: client.isClosed }).toEqual({
        responses: MOST * round,
        isClosed: false,
      });
      client.send(bytes.repeat(MOST));
    }
  });

  it('closes the connection if one more is pipelined; later ones are not dispatched', async () => {
    const numbered = Array.from({ length: 300 }, (_, index) =>
      bytes.replace('Host:', `X-Request-Id: number-${index}\r\nHost:`),
    );
    service.captured.clear();
    const client = (await start(numbered.join(''))).read();
    await until(() => client.isClosed, 5_000);
    // The first may have been written before the request that is one too many was read.
    expect(client.responses).toBeLessThanOrEqual(1);
    const late = answeredIds().filter((id) => Number(String(id).slice(7)) >= MOST);
    expect(late).toEqual([]);
    expect((await service.get('/ping')).status).toBe(200);
  });
});

describe('a closed connection', () => {
  let client: TestClient;
  beforeAll(async () => {
    client = await makeClient(service, 'worker', { audiences: ['a'] });
  });

  it('completes the requests that routes have begun, and begins no others', async () => {
    const tokens: string[] = [];
    for (let index = 0; index < 20; index++) tokens.push(await accessToken(service, client));
    const headers = `Content-Type: application/x-www-form-urlencoded\r\nAuthorization: ${client.authorization}\r\n`;
    const revoke = (token: string): string =>
      postBytes('/oauth2/revoke', new URLSearchParams({ token }).toString(), headers);
    service.captured.clear();
    // The first response is sent at the end of the tick, and those to the next requests wait for it.
    const begun = MOST - 1;
    const hostile = (await start(TOKEN + tokens.map(revoke).join(''))).read();
    await until(() => hostile.isClosed, 5_000);
    const isRevoked = async (token: string): Promise<boolean> =>
      (await service.verify(token, 'a')).body['code'] === 'token_revoked';
    await until(async () => (await Promise.all(tokens.slice(0, begun).map(isRevoked))).every(Boolean), 5_000);
    await delay(200);
    expect(await Promise.all(tokens.slice(begun).map(isRevoked))).toEqual(
      tokens.slice(begun).map(() => false),
    );
    const revoked = service.captured.lines.filter(({ event }) => event === 'token.revoked');
    expect(revoked).toHaveLength(begun);
  });
});

describe('requests one at a time', () => {
  it('are unlimited on one connection', async () => {
    const client = (await start('')).read();
    for (let index = 1; index <= 60; index++) {
      client.send(index % 2 === 0 ? bytesOf('/ping') : TOKEN);
      await until(() => client.responses === index, 5_000);
    }
    expect(client.isClosed).toBe(false);
  });
});

describe('a client with unread responses', () => {
  const accepted = async (bytes: string): Promise<Socket> => {
    const connection = once(server, 'connection') as Promise<[Socket]>;
    await start(bytes);
    const [socket] = await connection;
    return socket;
  };

  afterEach(() => {
    server.unreadTimeout = 30_000;
  });

  it('has 30 seconds by default', () => {
    expect(server.unreadTimeout).toBe(30_000);
  });

  it.each([
    ['sends nothing more', () => {}],
    ['continues sending the head of a request', (client: PipeliningClient) => client.send('a')],
  ])('is disconnected if it %s', async (_name, act) => {
    server.unreadTimeout = 1_500;
    const requests = bytesOf('/docs/swagger-ui-bundle.js').repeat(8);
    const socket = await accepted(`${requests}GET /`);
    await until(() => socket.writableLength > 0, 5_000);
    const [client] = clients;
    const sending = setInterval(() => client && act(client), 100);
    await until(() => socket.destroyed, 5_000);
    clearInterval(sending);
  });

  it('stays connected if it reads slowly', async () => {
    server.unreadTimeout = 1_500;
    const socket = await accepted(bytesOf('/docs/swagger-ui-bundle.js').repeat(12));
    await until(() => socket.writableLength > 0, 5_000);
    const [client] = clients;
    const reading = setInterval(() => client?.readSome(400_000), 50);
    await delay(4_000);
    expect(socket.destroyed).toBe(false);
    clearInterval(reading);
  });
});
