import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as tick } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Module, Redirect, Res, StreamableFile } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { batchReplies } from '../../../src/server/reply-batch.js';
import { until } from '../../support/until.js';

const LINE_FEED = 'a\nb';
const BYTES = Buffer.from(Array.from({ length: 300 }, (_none, index) => index % 256));

@Controller('nest')
class Replies {
  @Get('text')
  text(): string {
    return 'text';
  }

  @Get('json')
  async json(): Promise<object> {
    await tick();
    return { a: 1, b: ['ü'] };
  }

  @Get('nothing')
  @HttpCode(204)
  nothing(): void {}

  @Get('text-without-content')
  @HttpCode(204)
  textWithoutContent(): string {
    return 'never sent';
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(BYTES);
  }

  @Get('own-reply')
  ownReply(@Res() reply: FastifyReply): void {
    void reply.code(203).send('own');
  }

  @Get('own-reply-later')
  async ownReplyLater(@Res() reply: FastifyReply): Promise<void> {
    await tick();
    void reply.code(203).send({ own: true });
  }

  @Get('redirect')
  @Redirect('/elsewhere', 302)
  redirect(): void {}

  @Get('fault')
  fault(): never {
    throw new TypeError('a fault');
  }
}

@Module({ controllers: [Replies] })
class RepliesModule {}

/** Routes of Fastify alone. */
function addRoutes(server: FastifyInstance): void {
  server.get('/buffer', (_request, reply) => reply.type('image/png').send(BYTES));
  server.get('/async', async () => {
    await tick();
    return { later: true };
  });
  server.get('/sent-and-returned-nothing', async (_request, reply) => {
    await tick();
    void reply.send('sent');
  });
  server.get('/stream', (_request, reply) => reply.send(Readable.from(['one ', 'two'])));
  server.get('/web-stream', (_request, reply) => reply.type('text/plain').send(new Response('web').body));
  server.get('/broken-stream', (_request, reply) =>
    reply.send(
      new Readable({
        read() {
          this.destroy(new Error('no file'));
        },
      }),
    ),
  );
  server.get('/hijacked', (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-length': '3' }).end('raw');
  });
  server.get('/empty', (_request, reply) => reply.send());
  server.get('/not-modified', (_request, reply) => reply.code(304).send());
  server.get('/long', (_request, reply) => reply.send('x'.repeat(200_000)));
}

const PATHS = [
  ...['text', 'json', 'nothing', 'text-without-content', 'file', 'own-reply', 'own-reply-later'].map(
    (name) => `/nest/${name}`,
  ),
  ...['/nest/redirect', '/nest/fault', '/buffer', '/async', '/sent-and-returned-nothing', '/stream'],
  ...['/web-stream', '/broken-stream', '/hijacked', '/empty', '/not-modified', '/long', '/no-route'],
] as const;

const UNWRITABLE = ['/bad/text', '/bad/empty', '/bad/stream', '/bad/async', '/bad/fault'] as const;

function addUnwritableRoutes(server: FastifyInstance): void {
  const bad = (reply: FastifyReply): FastifyReply => reply.header('x-bad', LINE_FEED);
  server.get('/bad/text', (_request, reply) => bad(reply).send('text'));
  server.get('/bad/empty', (_request, reply) => bad(reply).code(204).send());
  server.get('/bad/stream', (_request, reply) => bad(reply).send(Readable.from(['stream'])));
  server.get('/bad/async', async (_request, reply) => {
    await tick();
    bad(reply);
    return { later: true };
  });
  server.get('/bad/fault', (_request, reply) => {
    bad(reply);
    throw new Error('a fault');
  });
}

interface Server {
  readonly app: NestFastifyApplication;
  readonly port: number;
  /** Codes of the errors of replies that could not be written, and the IDs of their requests. */
  readonly failures: (readonly [code: unknown, requestId: string])[];
  /** The replies of `/gate`, which the tests send. */
  readonly atGate: FastifyReply[];
}

async function start(batched: boolean): Promise<Server> {
  const adapter = new FastifyAdapter({ return503OnClosing: false });
  const server = adapter.getInstance<FastifyInstance>();
  const failures: [unknown, string][] = [];
  const app = await NestFactory.create<NestFastifyApplication>(RepliesModule, adapter, { logger: false });
  if (batched) {
    batchReplies(server, (cause, id) => failures.push([(cause as NodeJS.ErrnoException).code, id]));
  }
  const atGate: FastifyReply[] = [];
  addRoutes(server);
  addUnwritableRoutes(server);
  server.get('/gate', (_request, reply) => void atGate.push(reply));
  await app.listen(0, '127.0.0.1');
  return { app, port: Number(new URL(await app.getUrl()).port), failures, atGate };
}

/** Everything that one connection returns for these requests, without the Date headers. */
async function ask(
  { port }: Server,
  requests: readonly (readonly [method: string, path: string])[],
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const parts: string[] = [];
  socket.setEncoding('latin1').on('data', (part: string) => parts.push(part));
  socket.on('error', () => {});
  const head = requests.map(([method, path]) => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join('');
  socket.write(`${head}GET /empty HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  return parts.join('').replaceAll(/^date: .*\r\n/gim, '');
}

/** Sends requests that wait for their replies, each on its own connection. */
async function atTheGate(
  server: Server,
  count: number,
): Promise<{ responses: Promise<string[]>; replies: readonly FastifyReply[] }> {
  const responses = Promise.all(Array.from({ length: count }, () => ask(server, [['GET', '/gate']])));
  await until(() => server.atGate.length === count, 10_000);
  return { responses, replies: server.atGate.splice(0) };
}

const written = (replies: readonly FastifyReply[]): number =>
  replies.filter(({ raw }) => raw.headersSent).length;

let batched: Server;
let plain: Server;
beforeAll(async () => {
  [batched, plain] = await Promise.all([start(true), start(false)]);
});
afterAll(() => Promise.all([batched.app.close(), plain.app.close()]));

const method = fc.constantFrom('GET', 'HEAD');
const connection = fc.array(fc.tuple(method, fc.constantFrom(...PATHS)), { minLength: 1, maxLength: 6 });

describe('batched replies', () => {
  it.each(PATHS.flatMap((path) => ['GET', 'HEAD'].map((name) => [name, path] as const)))(
    'are the same as without batching: %s %s',
    async (name, path) => {
      const given = await ask(batched, [[name, path]]);
      expect(given).toMatch(/^HTTP\/1\.1 \d{3} /);
      expect(given).toBe(await ask(plain, [[name, path]]));
    },
  );

  it('to many concurrent connections are neither mixed up, lost nor sent twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(connection, { minLength: 1, maxLength: 20 }), async (connections) => {
        const given = await Promise.all(connections.map((requests) => ask(batched, requests)));
        expect(given).toEqual(await Promise.all(connections.map((requests) => ask(plain, requests))));
      }),
      { numRuns: 30 },
    );
    expect(batched.failures).toEqual([]);
  });

  it('are sent together at the end of the tick', async () => {
    const { responses, replies } = await atTheGate(batched, 20);
    for (const reply of replies) void reply.send('open');
    expect(written(replies)).toBe(0);
    await tick();
    expect(written(replies)).toBe(20);
    for (const text of await responses) expect(text).toContain('\r\n\r\nopen');
  });

  it('are sent in batches of at most 128', async () => {
    const { responses, replies } = await atTheGate(batched, 300);
    for (const [index, reply] of replies.entries()) {
      void reply.send('open');
      expect(written(replies)).toBe(128 * Math.floor((index + 1) / 128));
    }
    for (const text of await responses) expect(text).toContain('\r\n\r\nopen');
  });

  it('are dropped without a report if the client has disconnected', async () => {
    batched.failures.length = 0;
    const { responses, replies } = await atTheGate(batched, 20);
    for (const [index, reply] of replies.entries()) {
      void reply.send('open');
      if (index % 2 === 0) reply.raw.destroy();
    }
    const left = (await responses).filter((text) => text === '');
    expect([left.length, batched.failures]).toEqual([10, []]);
  });

  it('are sent before the server closes', async () => {
    const closing = await start(true);
    const { responses, replies } = await atTheGate(closing, 20);
    for (const reply of replies) void reply.send('open');
    const closed = closing.app.close();
    for (const text of await responses) expect(text).toContain('\r\n\r\nopen');
    await closed;
  });
});

describe('a reply that cannot be written', () => {
  it.each(UNWRITABLE)('closes its own connection and is reported: %s', async (path) => {
    batched.failures.length = 0;
    const neighbours = Array.from({ length: 30 }, () => ask(batched, [['GET', '/nest/text']]));
    expect(await ask(batched, [['GET', path]])).toBe('');
    expect(batched.failures).toEqual([['ERR_INVALID_CHAR', expect.any(String)]]);
    for (const text of await Promise.all(neighbours)) expect(text).toContain('\r\n\r\ntext');
  });

  it('affects no other reply of its batch', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(connection, fc.constantFrom(...UNWRITABLE)), { minLength: 2, maxLength: 20 }),
        async (connections) => {
          batched.failures.length = 0;
          const given = await Promise.all(
            connections.map((each) => ask(batched, typeof each === 'string' ? [['GET', each]] : each)),
          );
          const expected = connections.map((each) =>
            typeof each === 'string' ? Promise.resolve('') : ask(plain, each),
          );
          expect(given).toEqual(await Promise.all(expected));
          expect(batched.failures).toHaveLength(
            connections.filter((each) => typeof each === 'string').length,
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});
