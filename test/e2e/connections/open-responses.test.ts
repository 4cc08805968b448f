import { createReadStream, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import type { BoundedServer } from '../../../src/server/bounded-server.js';
import { CallerAddresses } from '../../../src/server/caller-address.js';
import { type CompletedRequest, useServerHooks, serverOptions } from '../../../src/server/server-hooks.js';
import { bytesOf, PipeliningClient, postBytes } from '../../support/pipelining-client.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';
import { until } from '../../support/until.js';

const MOST = 16;
const COUNTS = [1, 20] as const;
/** Longer than any test, so that tests notice a timer that is left. */
const LONG = 60_000;

/** More than the operating system buffers of an unread response. */
const LARGE = Buffer.alloc(16 * 1024 * 1024, 'x');

const file = join(temporaryDirectory(), 'large');
writeFileSync(file, Buffer.alloc(4 * 1024 * 1024, 'x'));

let fastify: FastifyInstance;
let server: BoundedServer;
let origin: string;
let clients: PipeliningClient[];
let waiting: number;
/** How many responses of `/wait` emitted `close`. */
let closed: number;
let dispatched: string[];
let answered: CompletedRequest[];

beforeEach(async () => {
  [clients, waiting, closed, dispatched, answered] = [[], 0, 0, [], []];
  fastify = Fastify(serverOptions());
  const addresses = new CallerAddresses({ trustedProxies: [], warn: () => {} });
  useServerHooks(fastify, addresses, (request) => answered.push(request));
  fastify.addHook('onRequest', (request, _reply, done) => {
    dispatched.push(request.id);
    done();
  });
  fastify.get('/wait', async (_request, reply) => {
    waiting++;
    reply.raw.on('close', () => closed++);
    const end = new AbortController();
    reply.raw.on('close', () => end.abort());
    await delay(LONG, undefined, { signal: end.signal }).catch(() => {});
    waiting--;
    return 'waited';
  });
  fastify.get('/file', (_request, reply) => reply.send(createReadStream(file)));
  fastify.get('/large', (_request, reply) => reply.send(LARGE));
  fastify.get('/late-file', async (_request, reply) => {
    await delay(100);
    return reply.send(createReadStream(file));
  });
  fastify.get('/late-failure', async () => {
    await delay(100);
    throw new Error('late');
  });
  fastify.get('/late', async () => {
    await delay(100);
    return 'x'.repeat(1_000_000);
  });
  fastify.post('/body', ({ body }) => ({ body }));
  origin = await fastify.listen({ port: 0, host: '127.0.0.1' });
  server = fastify.server as BoundedServer;
});
afterEach(async () => {
  for (const client of clients) client.close();
  await fastify.close();
});
afterAll(removeTemporaryDirectories);

const openFiles = (): number => readdirSync('/proc/self/fd').length;

async function start(count: number, bytes: string): Promise<PipeliningClient[]> {
  const started = await Promise.all(
    Array.from({ length: count }, () => PipeliningClient.start(origin, bytes)),
  );
  clients.push(...started);
  return started;
}

const numbered = (path: string, count: number): string =>
  Array.from({ length: count }, (_, index) => bytesOf(path, `X-Request-Id: ${index}\r\n`)).join('');

const PATHS = ['/wait', '/file', '/late-file', '/late-failure', '/late'] as const;

describe.each(PATHS)('%s', (path) => {
  it.each(COUNTS)(
    'is dispatched at most 16 times on each of %d connections, and leaves nothing open',
    async (count) => {
      const before = openFiles();
      const hostile = await start(count, numbered(path, 400));
      for (const client of hostile) client.read();
      await until(() => hostile.every(({ isClosed }) => isClosed), 10_000);
      await until(() => openFiles() <= before && waiting === 0, 5_000);
      await delay(300);
      expect({ waiting, left: Math.max(0, openFiles() - before) }).toEqual({ waiting: 0, left: 0 });
      expect(dispatched).toHaveLength(count * MOST);
      expect(dispatched.filter((id) => Number(id) >= MOST)).toEqual([]);
      expect(answered).toEqual([]);
      expect(closed).toBe(path === '/wait' ? count * MOST : 0);
    },
  );

  it.each(COUNTS)(
    'leaves nothing open if %d clients disconnect, each without reading 16 responses',
    async (count) => {
      const before = openFiles();
      const hostile = await start(count, numbered(path, MOST));
      await until(() => dispatched.length === count * MOST, 5_000);
      await delay(50);
      for (const client of hostile) client.close();
      await until(() => openFiles() <= before && waiting === 0, 5_000);
      await delay(200);
      expect({ waiting, left: Math.max(0, openFiles() - before) }).toEqual({ waiting: 0, left: 0 });
    },
  );
});

it('a truncated body counts as a request, and leaves nothing open', async () => {
  const [client] = await start(1, bytesOf('/wait').repeat(3) + postBytes('/body', '"x"').slice(0, -1));
  await until(() => waiting === 3 && dispatched.length === 4, 5_000);
  client?.close();
  await until(() => waiting === 0, 5_000);
});

it('requests without Host, to which Node itself would respond, count like others', async () => {
  const [client] = await start(1, bytesOf('/wait') + 'GET /wait HTTP/1.1\r\n\r\n'.repeat(20_000));
  client?.read();
  await until(() => client?.isClosed === true && waiting === 0, 5_000);
  expect(dispatched.length).toBeLessThanOrEqual(MOST);
});

describe('stopping the server', () => {
  /** @returns how long it takes, in milliseconds */
  async function stop(): Promise<number> {
    const begun = performance.now();
    await fastify.close();
    return performance.now() - begun;
  }

  it('gives clients two seconds to read, and eight in total', () => {
    expect(server).toMatchObject({ closingUnreadTimeout: 2_000, closingTimeout: 8_000 });
  });

  it.each<[string, string]>([
    ['unread responses', numbered('/file', MOST)],
    ['a connection that sends nothing', ''],
    ['half a head', 'GET /file HTTP/1.1\r\nHo'],
    ['half a body', postBytes('/body', '"x"').slice(0, -1)],
    ['an unread response and half a head', `${bytesOf('/file')}GET /`],
  ])('is not held up by %s', async (_name, bytes) => {
    server.closingUnreadTimeout = 500;
    await start(8, bytes);
    await delay(100);
    expect(await stop()).toBeLessThan(3_000);
  });

  it('is not held up by clients that send or read slowly', async () => {
    server.closingTimeout = 2_000;
    const heads = await start(4, 'GET /file HTTP/1.1\r\nX-Slow: ');
    const readers = await start(4, numbered('/file', MOST));
    const busy = setInterval(() => {
      for (const client of heads) client.send('a');
      for (const client of readers) client.readSome(10_000);
    }, 50);
    await delay(100);
    expect(await stop()).toBeLessThan(3_500);
    clearInterval(busy);
  });

  it('waits for a response in progress, and for the client that reads it', async () => {
    const [client] = await start(1, bytesOf('/late'));
    client?.read();
    await until(() => dispatched.length === 1, 5_000);
    await stop();
    await until(() => client?.isClosed === true, 1_000);
    expect(client?.text.slice(0, 13)).toBe('HTTP/1.1 200 ');
    expect(client?.text.endsWith('x'.repeat(1_000_000))).toBe(true);
  });

  it('waits for a client that has not read a complete response to its end', async () => {
    const [client] = await start(1, bytesOf('/large'));
    await until(() => dispatched.length === 1, 5_000);
    await delay(50);
    const stopped = stop();
    client?.read();
    await stopped;
    await until(() => client?.isClosed === true, 1_000);
    expect(client?.length).toBeGreaterThan(LARGE.length);
  });
});
