import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type Fetch,
  fetchJson,
  globalFetch,
  type JsonResponse,
} from '../../../src/http-client/fetch-json.js';
import { RemoteFailure } from '../../../src/http-client/remote-failure.js';
import { connectionRefused, FakeFetch } from '../../support/fake-fetch.js';

const ADDRESS = 'https://issuer.example/jwks.json?marker=1';
const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function stop(): void {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
}
afterEach(stop);

const failureOf = (response: Promise<JsonResponse>): Promise<RemoteFailure> =>
  response.then(
    () => Promise.reject(new Error('There was a response')),
    (cause: unknown) => cause as RemoteFailure,
  );

describe('fetchJson', () => {
  it('returns status, headers and body for any status', async () => {
    const address = await serve((_request, response) => {
      response.writeHead(418, { 'cache-control': 'max-age=5' }).end('{"a":[1]}');
    });
    const { status, headers, body } = await fetchJson(globalFetch, address);
    expect({ status, body }).toEqual({ status: 418, body: { a: [1] } });
    expect(headers.get('cache-control')).toBe('max-age=5');
  });

  it.each(['', '{', '{"a":1,"a":2}', '[', 'text', '\xff'])(
    'returns no body for the invalid JSON %j',
    async (text) => {
      const address = await serve((_request, response) => response.end(Buffer.from(text, 'latin1')));
      expect((await fetchJson(globalFetch, address)).body).toBeUndefined();
    },
  );

  it('does not follow a redirect', async () => {
    const asked: (string | undefined)[] = [];
    const address = await serve(({ url }, response) => {
      asked.push(url);
      response.writeHead(302, { location: '/other' }).end('{}');
    });
    expect((await fetchJson(globalFetch, address)).status).toBe(302);
    expect(asked).toEqual(['/']);
  });

  it('accepts a body of 1 MiB and rejects a longer one', async () => {
    const quoted = (length: number): string => JSON.stringify('x'.repeat(length - 2));
    const limit = 1024 * 1024;
    for (const length of [limit, limit + 1]) {
      const address = await serve((_request, response) => response.end(quoted(length)));
      const fetched = fetchJson(globalFetch, address);
      if (length === limit) expect((await fetched).body).toHaveLength(limit - 2);
      else expect((await failureOf(fetched)).reason).toBe('the body is over 1 MiB');
    }
  });

  it('measures a body after decompression', async () => {
    const address = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(8 * 1024 * 1024)));
    });
    expect((await failureOf(fetchJson(globalFetch, address))).reason).toBe('the body is over 1 MiB');
  });

  it('fails with ECONNREFUSED if nothing listens', async () => {
    const address = await serve(() => undefined);
    stop();
    const failure = await failureOf(fetchJson(globalFetch, address));
    expect(failure).toBeInstanceOf(RemoteFailure);
    expect(failure).toMatchObject({ reason: 'ECONNREFUSED', status: undefined });
  });

  it('fails if the connection closes in the middle of the body', async () => {
    const address = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"a":');
      setImmediate(() => response.destroy());
    });
    expect(await failureOf(fetchJson(globalFetch, address))).toBeInstanceOf(RemoteFailure);
  });

  it('accepts a body of the bound that the request has, and rejects a longer one', async () => {
    const fetch =
      (bytes: number): Fetch =>
      () =>
        Promise.resolve(new Response('1'.padEnd(bytes)));
    const maxBytes = 2048;
    expect((await fetchJson(fetch(maxBytes), ADDRESS, { maxBytes })).body).toBe(1);
    const tooLong = fetchJson(fetch(maxBytes + 1), ADDRESS, { maxBytes });
    expect((await failureOf(tooLong)).reason).toBe('the body is over 2 KiB');
  });

  it('sends each request with an abort signal, and reports a timeout', async () => {
    const fake = new FakeFetch(() => {
      throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    });
    const { reason } = await failureOf(fetchJson(fake.fetch, ADDRESS));
    expect(reason).toBe('no response within 5 seconds');
    expect(fake.sent[0]?.init.signal).toBeInstanceOf(AbortSignal);
  });

  it('names the URL in a failure, without its query and the request headers', async () => {
    const headers = { authorization: 'Basic marker' };
    const failures = [
      await failureOf(fetchJson(new FakeFetch(connectionRefused).fetch, ADDRESS, { headers })),
      await failureOf(fetchJson(globalFetch, ADDRESS, { headers: { authorization: 'marker\n1' } })),
    ];
    for (const failure of failures) {
      expect(failure.message).toContain('https://issuer.example/jwks.json: ');
      expect(`${failure.message} ${String(failure.cause)} ${String(failure.stack)}`).not.toContain('marker');
    }
  });
});
