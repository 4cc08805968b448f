import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RunningApp } from '../../support/running-app.js';
import { SlowClient } from '../../support/slow-client.js';
import { until } from '../../support/until.js';

const CONNECTIONS = 500;

const SLOW_HEADERS = 'POST /verify HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';
const SLOW_BODY =
  'POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"token": "';

let service: RunningApp;
let server: Server;
beforeEach(async () => {
  service = await RunningApp.start({ swagger: true });
  server = service.app.getHttpServer();
});
afterEach(() => service.stop());

/** Shortens the timeouts. */
function hasten(): void {
  server.headersTimeout = 1_000;
  server.requestTimeout = 2_000;
}

it('a request may take 15 seconds, its headers 10, and a process has at most 16,384 connections', () => {
  expect(server).toMatchObject({
    requestTimeout: 15_000,
    headersTimeout: 10_000,
    timeout: 30_000,
    maxConnections: 16_384,
  });
});

describe(`${CONNECTIONS} connections that send a byte at a time`, () => {
  it.each([
    ['headers', SLOW_HEADERS],
    ['bodies', SLOW_BODY],
  ])(
    'of their %s are closed, and other requests succeed meanwhile',
    async (_name, begin) => {
      hasten();
      const clients = await Promise.all(
        Array.from({ length: CONNECTIONS }, () => SlowClient.start(service.origin, begin)),
      );
      const token = await service.issue();
      for (let index = 0; index < 20; index++) expect((await service.verify(token)).status).toBe(200);
      await until(() => clients.every(({ isEnded }) => isEnded), 20_000);
      expect((await service.get('/ping')).status).toBe(200);
      const responses = clients.map(({ answer }) => answer).filter((response) => response !== '');
      for (const response of responses) {
        expect(response).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
        expect(response).toContain('{"error":"The request took too long","code":"invalid_request"}');
      }
      const errors = service.captured.lines.filter(({ level }) => level >= 50);
      expect(errors).toEqual([]);
    },
    60_000,
  );
});

describe('a client that does not read', () => {
  it.each([
    ['some long responses', 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(8)],
    ['many short ones', 'GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(40_000)],
  ])(
    'is disconnected once nothing more can be sent: %s',
    async (_name, requests) => {
      server.timeout = 1_000;
      const { hostname, port } = new URL(service.origin);
      const socket = connect({ host: hostname, port: Number(port) }).pause();
      const closed = once(server, 'connection').then(([accepted]) => once(accepted as never, 'close'));
      socket.on('error', () => {});
      socket.write(requests);
      await closed;
      socket.destroy();
      expect((await service.get('/ping')).status).toBe(200);
    },
    30_000,
  );
});

it('connections over the limit are closed, and earlier ones are still served', async () => {
  server.maxConnections = 1;
  const { hostname, port } = new URL(service.origin);
  const first = connect(Number(port), hostname);
  await once(first, 'connect');
  const dropped = once(server, 'drop');
  const second = connect(Number(port), hostname);
  second.on('error', () => {});
  await Promise.all([dropped, once(second, 'close')]);
  first.write('GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [response] = (await once(first, 'data')) as [Buffer];
  expect(String(response)).toMatch(/^HTTP\/1\.1 200 /);
  first.destroy();
});
