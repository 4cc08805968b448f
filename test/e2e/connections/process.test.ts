import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { compiledSource } from '../../support/compiled-source.js';
import { bytesOf, PipeliningClient, postBytes } from '../../support/pipelining-client.js';
import { usageOf } from '../../support/process-usage.js';
import { ServiceProcess } from '../../support/service-process.js';
import { SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';
import { until } from '../../support/until.js';

const TOKEN = postBytes('/token', JSON.stringify({ sub: 'user-42', aud: 'logging-service' }));
const VERIFY = postBytes('/verify', JSON.stringify({ token: 'a.b.c', aud: 'logging-service' }));
const PING = bytesOf('/ping');
const BUNDLE = bytesOf('/docs/swagger-ui-bundle.js');
const COUNTS = [1, 8, 20] as const;

/** Requests that hostile clients send at once, without reading the responses. */
const FLOODS: readonly (readonly [name: string, bytes: string])[] = [
  ['1,200 GET /docs/swagger-ui-bundle.js', BUNDLE.repeat(1_200)],
  ['1,500 GET /openapi.json', bytesOf('/openapi.json').repeat(1_500)],
  ['1,500 GET /health/ready', bytesOf('/health/ready').repeat(1_500)],
  ...[
    BUNDLE,
    ...['/docs', '/openapi.json', '/metrics', '/health/ready'].map((path) => bytesOf(path)),
    TOKEN,
    VERIFY,
  ].map((bytes): [string, string] => [`16 ${bytes.split(' HTTP')[0] ?? ''}`, bytes.repeat(16)]),
];

/** The slowest response to others, in milliseconds: the machine may be busy with other tests. */
const SLOWEST = 2_000;
/** How much memory may grow, in MiB; 20 connections took over 2,000 when each response was kept. */
const MOST_MEMORY = 150;
/** Descriptors that Node opens by itself now and then, such as that of a database file. */
const SPARE = 3;

/** What follows the complete responses. */
function restOf(responses: string): string {
  let rest = responses;
  for (;;) {
    const head = /^HTTP\/1\.1 (?:200 OK|401 Unauthorized)\r\n[^]*?\r\n\r\n/.exec(rest)?.[0];
    const length = /^content-length: (\d+)\r$/im.exec(head ?? '')?.[1];
    if (head === undefined || length === undefined) return rest;
    if (rest.length < head.length + Number(length)) return rest;
    rest = rest.slice(head.length + Number(length));
  }
}

let source: string;
let service: ServiceProcess;
let origin: string;
let clients: PipeliningClient[] = [];

const start = async (count: number, bytes: string): Promise<void> => {
  const started = Array.from({ length: count }, () => PipeliningClient.start(origin, bytes));
  clients.push(...(await Promise.all(started)));
};

const closeAll = (): void => {
  for (const client of clients) client.close();
  clients = [];
};

/** The slowest of several sequential requests of another client, in milliseconds. */
async function slowestOfOthers(): Promise<number> {
  let slowest = 0;
  for (let index = 0; index < 10; index++) {
    const begun = performance.now();
    expect((await fetch(`${origin}/ping`)).status).toBe(200);
    slowest = Math.max(slowest, performance.now() - begun);
  }
  return slowest;
}

/** Starts the service with these variables. */
async function startService(variables: Readonly<Record<string, string>> = {}): Promise<void> {
  const environment = { JWT_SECRET_KEY: SECRET, PORT: '0', ...variables };
  service = new ServiceProcess(source, { cwd: temporaryDirectory(), environment });
  const [listening] = await service.listening();
  origin = String(listening?.['url']);
}

beforeAll(() => {
  source = compiledSource();
});
afterAll(removeTemporaryDirectories);
afterEach(closeAll);

describe('hostile connections to the service', () => {
  beforeAll(async () => {
    await startService({ JWT_ALGORITHM: 'RS256' });
    await slowestOfOthers();
  }, 60_000);
  afterAll(async () => {
    await service.stop();
    expect(service.entries(/./).filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  describe.each(FLOODS)('%s, unread', (_name, bytes) => {
    it.each(COUNTS)(
      'on %d connections: others get responses, memory is bounded, and descriptors are closed',
      async (count) => {
        const before = usageOf(service.pid);
        await start(count, bytes);
        const slowest = await slowestOfOthers();
        const most = usageOf(service.pid);
        closeAll();
        await until(() => usageOf(service.pid).descriptors <= before.descriptors + SPARE, 5_000);
        expect(slowest).toBeLessThan(SLOWEST);
        expect(most.descriptors).toBeLessThanOrEqual(before.descriptors + count + SPARE);
        expect(most.memory - before.memory).toBeLessThan(MOST_MEMORY);
      },
    );
  });
});

describe('SIGTERM', () => {
  it.each([
    ['unread responses', BUNDLE.repeat(16)],
    ['floods', bytesOf('/openapi.json').repeat(1_500)],
    ['incomplete requests', 'POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n'],
    ['no requests', ''],
  ])(
    'stops the service within 8 seconds despite 20 connections: %s',
    async (_name, bytes) => {
      await startService();
      await start(20, bytes);
      await delay(300);
      const begun = performance.now();
      await service.stop();
      expect(await service.ended).toBe(0);
      expect(performance.now() - begun).toBeLessThan(8_000);
    },
    60_000,
  );

  it('lets the responses of a batch be sent completely', async () => {
    await startService();
    await start(20, '');
    const pipelined = (PING + VERIFY).repeat(4);
    const sent = new Map(clients.map((client) => [client, 0]));
    const asking = setInterval(() => {
      for (const [client, count] of sent) {
        if (client.responses < count || client.isClosed) continue;
        client.send(pipelined);
        sent.set(client, count + 8);
      }
    }, 5);
    for (const client of clients) client.read();
    await until(() => clients.every(({ responses }) => responses >= 40), 10_000);
    await service.stop();
    clearInterval(asking);
    expect(await service.ended).toBe(0);
    expect(clients.map(({ text }) => restOf(text))).toEqual(clients.map(() => ''));
  }, 60_000);
});
