import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { LookupAddress } from 'node:dns';
import {
  type AddressInfo,
  createServer,
  getDefaultAutoSelectFamily,
  type Server,
  setDefaultAutoSelectFamily,
  type Socket,
} from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { setImmediate as nextImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fetchJson, type JsonRequest, type JsonResponse } from '../../../src/http-client/fetch-json.js';
import type { ResolveName } from '../../../src/http-client/name-lookup.js';
import { NetworkPolicy } from '../../../src/http-client/network-policy.js';
import { RemoteFailure } from '../../../src/http-client/remote-failure.js';
import { restrictedFetch, type RestrictedFetchOptions } from '../../../src/http-client/restricted-fetch.js';
import { document, KeyServer, redirect } from '../../support/key-server.js';
import { removeTemporaryDirectories } from '../../support/temporary-directory.js';
import { makeCertificates, type TestCertificates } from '../../support/test-certificates.js';
import { until } from '../../support/until.js';

const LOOPBACK = ['127.0.0.0/8', '::1'];
const MARKER = 'marker-5d1c';

let certificates: TestCertificates;
let server: KeyServer;
let other: KeyServer;
const stops: (() => void)[] = [];

beforeAll(() => {
  certificates = makeCertificates();
});
beforeEach(async () => {
  server = await KeyServer.start();
  other = await KeyServer.start({ host: '127.0.0.2' });
  server.routes.set('/keys', document({ keys: [] }));
});
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await Promise.all([server.stop(), other.stop()]);
});
afterAll(removeTemporaryDirectories);

type Options = Partial<Omit<RestrictedFetchOptions, 'policy'>> & { readonly networks?: readonly string[] };

function get(
  url: string,
  { networks = LOOPBACK, ...options }: Options = {},
  request?: JsonRequest,
): Promise<JsonResponse> {
  const policy = new NetworkPolicy(networks);
  return fetchJson(
    restrictedFetch({ policy, literal: undefined, allowLoopbackHttp: true, ...options }),
    url,
    request,
  );
}

async function failureOf(response: Promise<unknown>): Promise<RemoteFailure> {
  const cause = await response.then(
    () => new Error('There was a response'),
    (reason: unknown) => reason,
  );
  if (!(cause instanceof RemoteFailure)) throw cause;
  return cause;
}

/** Replaces DNS: the responses to each query in turn, the last one from then on. */
class FakeDns {
  readonly asked: string[] = [];
  private readonly responses: (readonly string[])[];

  constructor(...responses: (readonly string[])[]) {
    this.responses = responses;
  }

  readonly resolve: ResolveName = (hostname, done) => {
    this.asked.push(hostname);
    const addresses = (this.responses.length > 1 ? this.responses.shift() : this.responses[0]) ?? [];
    const found = addresses.map((address): LookupAddress => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    setImmediate(() => done(null, found));
  };
}

/** A server that sends bytes of its own in response to a request, and counts its open connections. */
async function serveBytes(
  respond: (socket: Socket) => void,
): Promise<{ readonly url: string; readonly sockets: ReadonlySet<Socket> }> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    socket.once('data', () => respond(socket));
  });
  return { url: `http://127.0.0.1:${await portOf(listener)}/keys`, sockets };
}

const closed = (sockets: ReadonlySet<Socket>): Promise<void> => until(() => sockets.size === 0, 5_000);

/** Collects what no one refers to, in several ticks: what was read in one is kept until its end. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let tick = 0; tick < 4; tick += 1) {
    await nextImmediate();
    collect();
  }
}

async function portOf(listener: Server, host = '127.0.0.1'): Promise<number> {
  listener.listen(0, host);
  await once(listener, 'listening');
  stops.push(() => listener.close());
  return (listener.address() as AddressInfo).port;
}

describe('restrictedFetch', () => {
  it('responds with status, header fields and body', async () => {
    server.routes.set('/keys?a=b', document({ keys: [1] }, { 'cache-control': 'max-age=5' }, 404));
    const { status, headers, body } = await get(server.url('/keys?a=b'));
    expect([status, headers.get('cache-control'), body]).toEqual([404, 'max-age=5', { keys: [1] }]);
  });

  it('sends the header fields of the request, asks for no content coding, and keeps no connection', async () => {
    const headers = { authorization: `Bearer ${MARKER}`, 'accept-encoding': 'gzip' };
    await get(server.url('/keys'), {}, { headers });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${MARKER}`,
      'accept-encoding': 'identity',
      connection: 'close',
    });
  });

  it.each([204, 205, 304])('has no body with the status %d', async (status) => {
    server.routes.set('/keys', (response) => void response.writeHead(status).end());
    expect(await get(server.url('/keys'))).toMatchObject({ status, body: undefined });
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect: %d', async (status) => {
    server.routes.set('/keys', redirect(other.url('/keys'), status));
    expect((await get(server.url('/keys'))).status).toBe(status);
    expect(other.connections).toBe(0);
  });

  it.each([
    'http://issuer.example/keys',
    'https://user@issuer.example/keys',
    'https://169.254.169.254/keys',
    'https://[64:ff9b::a9fe:a9fe]/keys',
    'https://2852039166/keys',
    'file:///etc/passwd',
    'issuer.example',
  ])('refuses the URL %s before it resolves a name', async (url) => {
    const dns = new FakeDns(['127.0.0.1']);
    const failure = await failureOf(get(url, { resolve: dns.resolve, networks: ['0.0.0.0/0', '::/0'] }));
    expect([failure.reason, dns.asked]).toEqual([expect.stringMatching(/^(must|has a host)/), []]);
  });
});

describe('restrictedFetch with an IP address in the URL', () => {
  it('connects to a private one only if the setting or the entry names it', async () => {
    const url = server.url('/keys');
    const { message } = await failureOf(get(url, { networks: [] }));
    expect(message).toBe(`${url}: has a host that is a private address that ISSUER_NETWORKS does not list`);
    await failureOf(get(url, { networks: [], literal: '127.0.0.2' }));
    expect(server.connections).toBe(0);
    expect(await get(url, { networks: [], literal: '127.0.0.1' })).toMatchObject({ status: 200 });
    expect(await get(url, { networks: ['127.0.0.1/32'] })).toMatchObject({ status: 200 });
  });

  it('reads it in any spelling', async () => {
    const port = new URL(server.url()).port;
    for (const host of ['127.1', '2130706433', '0x7f.0.0.1', '0177.0.0.1', '127.0.0.1.']) {
      const url = `http://${host}:${port}/keys`;
      await failureOf(get(url, { networks: [] }));
      expect(await get(url)).toMatchObject({ status: 200 });
    }
    expect(server.connections).toBe(5);
  });
});

describe('restrictedFetch with a name', () => {
  const url = (): string => server.url('/keys', 'localhost');

  it('says which address is refused, and why', async () => {
    const dns = new FakeDns(['127.0.0.1']);
    const { message } = await failureOf(get(url(), { networks: [], resolve: dns.resolve }));
    expect(message).toBe(
      `${url()}: localhost resolves to 127.0.0.1, ` +
        'which is a private address that ISSUER_NETWORKS does not list',
    );
  });

  it.each([
    ...['169.254.169.254', '100.100.100.200', '168.63.129.16', '192.0.0.192', '0.0.0.0', '224.0.0.1', '::'],
    ...[
      'fe80::1',
      'fe80::1%eth0',
      'fd00:ec2::254',
      'fd20:ce::254',
      '::ffff:169.254.169.254',
      '::ffff:a9fe:a9fe',
    ],
    ...['64:ff9b::a9fe:a9fe', '64:ff9b:1::a9fe:a9fe', '2002:a9fe:a9fe::1', '2001::5601:5601', '::a9fe:a9fe'],
  ])('refuses one that resolves to %s, whatever the setting lists', async (address) => {
    const dns = new FakeDns([address]);
    const options = { networks: ['0.0.0.0/0', '::/0'], resolve: dns.resolve, literal: address };
    const { reason } = await failureOf(get('https://issuer.example/keys', options));
    expect(reason).toMatch(/^issuer\.example resolves to .+, which is (a|an) /);
  });

  it.each(['10.0.0.5', '172.16.0.1', '192.168.0.1', '100.64.0.1', '198.18.0.1', 'fd12::1', 'fec0::1', '::1'])(
    'refuses one that resolves to %s, which the setting does not list',
    async (address) => {
      const { resolve } = new FakeDns([address]);
      const { reason } = await failureOf(get('https://issuer.example/keys', { networks: [], resolve }));
      expect(reason).toContain('that ISSUER_NETWORKS does not list');
    },
  );

  it.each([
    [['127.0.0.1', '169.254.169.254']],
    [['169.254.169.254', '127.0.0.1']],
    [['127.0.0.1', '10.0.0.5']],
    [['127.0.0.1', '::1', 'fe80::1']],
    [['127.0.0.1', 'not-an-address']],
  ])('refuses one with an allowed and a refused address: %j', async (addresses) => {
    const dns = new FakeDns(addresses);
    await failureOf(get(url(), { resolve: dns.resolve }));
    expect(server.connections).toBe(0);
  });

  it('connects to the address that it checked, and resolves the name once for each request', async () => {
    const dns = new FakeDns(['127.0.0.1'], ['169.254.169.254']);
    expect(await get(url(), { resolve: dns.resolve })).toMatchObject({ status: 200 });
    expect([dns.asked, server.connections]).toEqual([['localhost'], 1]);
    const { reason } = await failureOf(get(url(), { resolve: dns.resolve }));
    expect([reason, server.connections]).toEqual([expect.stringContaining('169.254.169.254'), 1]);
  });

  it('connects to none but the addresses of the resolver, whatever the system resolves', async () => {
    const dns = new FakeDns(['127.0.0.2']);
    const port = new URL(other.url()).port;
    other.routes.set('/keys', document({ keys: ['other'] }));
    expect((await get(`http://localhost:${port}/keys`, { resolve: dns.resolve })).body).toEqual({
      keys: ['other'],
    });
  });

  it('tries the next address if nothing listens at the first', async () => {
    const dns = new FakeDns(['::1', '127.0.0.3', '127.0.0.1']);
    expect(await get(url(), { resolve: dns.resolve })).toMatchObject({ status: 200 });
  });

  it('fails with a code if nothing listens at any of its addresses', async () => {
    const dns = new FakeDns(['127.0.0.3', '127.0.0.4', '::1']);
    expect((await failureOf(get(url(), { resolve: dns.resolve }))).message).toBe(`${url()}: ECONNREFUSED`);
  });

  it('checks all addresses, and connects to the first, if Node.js tries one alone', async () => {
    const before = getDefaultAutoSelectFamily();
    setDefaultAutoSelectFamily(false);
    stops.push(() => setDefaultAutoSelectFamily(before));
    const dns = new FakeDns(['127.0.0.1', '127.0.0.3'], ['127.0.0.1', '169.254.169.254'], []);
    expect(await get(url(), { resolve: dns.resolve })).toMatchObject({ status: 200 });
    const reasons = [
      (await failureOf(get(url(), { resolve: dns.resolve }))).reason,
      (await failureOf(get(url(), { resolve: dns.resolve }))).reason,
    ];
    expect(reasons).toEqual([
      'localhost resolves to 169.254.169.254, which is a link-local address',
      'localhost has no address',
    ]);
    expect(server.connections).toBe(1);
  });

  it('sends plain HTTP to this host alone, whatever the name resolves to', async () => {
    const options = { networks: ['0.0.0.0/0', '::/0'] };
    for (const address of ['10.0.0.5', '93.184.215.14', '2606:2800:21f:cb07::1']) {
      const { resolve } = new FakeDns([address]);
      const { reason } = await failureOf(get(url(), { ...options, resolve }));
      expect(reason).toBe(`localhost resolves to ${address}, which is not on this host`);
    }
  });

  it('connects to the IP address of the entry under a name too', async () => {
    const dns = new FakeDns(['127.0.0.1']);
    const options = { networks: [], literal: '127.0.0.1', resolve: dns.resolve };
    expect(await get(url(), options)).toMatchObject({ status: 200 });
  });

  it('fails if it has no address', async () => {
    const dns = new FakeDns([]);
    expect((await failureOf(get(url(), { resolve: dns.resolve }))).reason).toBe('localhost has no address');
  });

  it('fails with the code of the resolver', async () => {
    const resolve: ResolveName = (_hostname, done) =>
      done(Object.assign(new Error(MARKER), { code: 'ENOTFOUND' }), []);
    expect((await failureOf(get(url(), { resolve }))).message).toBe(`${url()}: ENOTFOUND`);
  });

  it('waits for the addresses no longer than the request lasts', async () => {
    const ended = new AbortController();
    let waits: AbortSignal | undefined;
    const resolve: ResolveName = (_hostname, _done, signal) => {
      waits = signal;
      ended.abort();
    };
    await failureOf(get(url(), { resolve, signal: ended.signal }));
    expect(waits?.aborted).toBe(true);
  });

  it('resolves by the system otherwise', async () => {
    expect(await get(url())).toMatchObject({ status: 200 });
    const { reason } = await failureOf(get('https://name.invalid/keys'));
    expect(reason).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
  });

  it.each(['LOCALHOST', 'LocalHost'])('is the same in another case: %s', async (name) => {
    const dns = new FakeDns(['127.0.0.1']);
    await get(server.url('/keys', name), { resolve: dns.resolve });
    expect(dns.asked).toEqual(['localhost']);
  });
});

describe('restrictedFetch over TLS', () => {
  let names: (string | false | undefined)[];
  let port: number;
  const trusting = (): Options => ({
    certificates: readFileSync(certificates.root, 'utf8'),
    resolve: new FakeDns(['127.0.0.1']).resolve,
  });
  beforeEach(async () => {
    names = [];
    const tls = { cert: readFileSync(certificates.certificate), key: readFileSync(certificates.key) };
    port = await portOf(
      createTlsServer(tls, (socket) => {
        names.push((socket as typeof socket & { servername?: string | false }).servername);
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n{"keys":[]}'));
      }).on('tlsClientError', () => undefined),
      '0.0.0.0',
    );
  });

  it.each(['localhost', 'localhost.', 'LOCALHOST'])('verifies the name in the URL: %s', async (name) => {
    expect(await get(`https://${name}:${port}/keys`, trusting())).toMatchObject({ body: { keys: [] } });
    expect(names).toEqual(['localhost']);
  });

  it('verifies an IP address in the URL, and sends no server name', async () => {
    expect(await get(`https://127.0.0.2:${port}/keys`, trusting())).toMatchObject({ status: 200 });
    expect(names).toEqual([false]);
    const { reason } = await failureOf(get(`https://127.0.0.1:${port}/keys`, trusting()));
    expect(reason).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('refuses a certificate for another name', async () => {
    const { reason } = await failureOf(get(`https://issuer.example:${port}/keys`, trusting()));
    expect(reason).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('verifies the server by the system, or else by the given certificates alone', async () => {
    const { resolve } = new FakeDns(['127.0.0.1']);
    const wrong = readFileSync(certificates.wrongRoot, 'utf8');
    const reasons = await Promise.all(
      [{ resolve }, { resolve, certificates: wrong }].map(async (options) => {
        const { reason } = await failureOf(get(`https://localhost:${port}/keys`, options));
        return reason;
      }),
    );
    expect(reasons).toEqual(['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE']);
  });

  it('verifies the server although NODE_TLS_REJECT_UNAUTHORIZED is 0', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    stops.push(() => {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    });
    const { resolve } = new FakeDns(['127.0.0.1']);
    const { reason } = await failureOf(get(`https://localhost:${port}/keys`, { resolve }));
    expect(reason).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('fails if the server speaks plain HTTP', async () => {
    const plain = `https://localhost:${new URL(server.url()).port}/keys`;
    expect((await failureOf(get(plain, trusting()))).reason).toMatch(/^(EPROTO|ERR_SSL_[A-Z_]+)$/);
  });
});

describe('restrictedFetch with a hostile server', () => {
  it.each(['gzip', 'br', 'identity, gzip', MARKER])('refuses the content-encoding %s', async (coding) => {
    const { url, sockets } = await serveBytes((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\n\r\n`);
      socket.write(gzipSync('{"keys":[]}'));
    });
    expect((await failureOf(get(url))).message).toBe(`${url}: the response has a content-encoding`);
    await closed(sockets);
  });

  it('accepts the content-encoding identity', async () => {
    server.routes.set('/keys', document({ keys: [] }, { 'content-encoding': 'Identity' }));
    expect(await get(server.url('/keys'))).toMatchObject({ body: { keys: [] } });
  });

  it('receives no more than the limit of a body without end, and closes the connection', async () => {
    let sent = 0;
    const { url, sockets } = await serveBytes((socket) => {
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const send = (): void => {
        while (!socket.destroyed && sent < 64 * 1024 * 1024) {
          sent += chunk.length;
          if (!socket.write(chunk)) return void socket.once('drain', send);
        }
      };
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      send();
    });
    const { reason } = await failureOf(get(url, {}, { maxBytes: 256 * 1024 }));
    await closed(sockets);
    expect(reason).toBe('the body is over 256 KiB');
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  it.each([
    ['before the response', ''],
    ['in the status line', 'HTTP/1.1 2'],
    ['in the header', 'HTTP/1.1 200 OK\r\ncontent-type: appl'],
    ['before the body', 'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n'],
    ['in the body', 'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"key'],
    ['in a chunked body', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{"ke\r\n'],
    ['in a body that ends with the connection', 'HTTP/1.1 200 OK\r\n\r\n{"keys":[]}'],
  ])('ends with the signal %s, and closes the connection', async (_name, bytes) => {
    const aborted = new AbortController();
    const { url, sockets } = await serveBytes((socket) => {
      if (bytes === '') aborted.abort();
      else socket.write(bytes, () => setImmediate(() => aborted.abort()));
    });
    expect((await failureOf(get(url, { signal: aborted.signal }))).reason).toBe('no response');
    await closed(sockets);
  });

  it('reports a timeout in the middle of a body as one', async () => {
    const aborted = new AbortController();
    const { url, sockets } = await serveBytes((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{', () =>
        setImmediate(() => aborted.abort(new DOMException(MARKER, 'TimeoutError'))),
      );
    });
    const { reason } = await failureOf(get(url, { signal: aborted.signal }));
    expect(reason).toBe('no response within 5 seconds');
    await closed(sockets);
  });

  it.each([
    ['before the response', ''],
    ['in the body', 'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{'],
  ])('ends with a time limit %s, though the caller keeps no reference to it', async (_name, bytes) => {
    const { url, sockets } = await serveBytes((socket) => void socket.write(bytes));
    const policy = new NetworkPolicy(LOOPBACK);
    const fetch = restrictedFetch({ policy, literal: undefined, allowLoopbackHttp: true });
    const failure = failureOf(
      fetch(url, { signal: AbortSignal.timeout(300) }).then((response) => response.text()),
    );
    await until(() => sockets.size > 0, 5_000);
    await collectGarbage();
    expect((await failure).reason).toBe('no response within 5 seconds');
    await closed(sockets);
  });

  it('sends nothing if the signal is aborted already', async () => {
    const { reason } = await failureOf(get(server.url('/keys'), { signal: AbortSignal.abort() }));
    expect([reason, server.requests]).toEqual(['no response', []]);
  });

  it('ends with the signal while a name is resolved, and ignores the late response', async () => {
    const aborted = new AbortController();
    let respond: (() => void) | undefined;
    const resolve: ResolveName = (_hostname, done) => {
      respond = () => done(null, [{ address: '127.0.0.1', family: 4 }]);
      aborted.abort();
    };
    const url = server.url('/keys', 'localhost');
    expect((await failureOf(get(url, { resolve, signal: aborted.signal }))).reason).toBe('no response');
    respond?.();
    expect(await get(server.url('/keys'))).toMatchObject({ status: 200 });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['no HTTP', `${MARKER}\r\n\r\n`, /^HPE_/],
    ['a status that is no number', `HTTP/1.1 ${MARKER}\r\n\r\n`, /^HPE_/],
    ['the status 999', 'HTTP/1.1 999 OK\r\n\r\n{}', /^status 999$/],
    [
      'the status 101',
      `HTTP/1.1 101 ${MARKER}\r\nupgrade: a\r\nconnection: upgrade\r\n\r\n`,
      /^no response$/,
    ],
    [
      'a header that is too long',
      `HTTP/1.1 200 OK\r\na: ${MARKER.repeat(4096)}\r\n\r\n`,
      /^HPE_HEADER_OVERFLOW$/,
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}', /^HPE_/],
    [
      'a broken chunk',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${MARKER}`,
      /^(HPE_|ECONNRESET$)/,
    ],
  ])('fails with %s, quotes nothing of it, and closes the connection', async (_name, bytes, reason) => {
    const { url, sockets } = await serveBytes((socket) => void socket.write(bytes));
    const failure = await failureOf(get(url));
    expect(failure.reason).toMatch(reason);
    expect(`${failure.message} ${String(failure.stack)} ${String(failure.cause)}`).not.toContain(MARKER);
    await closed(sockets);
  });

  it('fails if the server closes the connection in the middle of a body', async () => {
    const { url } = await serveBytes((socket) =>
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n${MARKER}`),
    );
    expect((await failureOf(get(url))).message).toBe(`${url}: ECONNRESET`);
  });

  it('ends with the signal although interim responses arrive', async () => {
    const aborted = new AbortController();
    let sent = 0;
    const { url, sockets } = await serveBytes((socket) => {
      const send = (): void => {
        if (socket.destroyed) return;
        sent += 1;
        if (sent === 100) aborted.abort();
        socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', () => setImmediate(send));
      };
      send();
    });
    expect((await failureOf(get(url, { signal: aborted.signal }))).reason).toBe('no response');
    await closed(sockets);
  });

  it('ends with the signal although a body arrives, a byte at a time', async () => {
    const aborted = new AbortController();
    let sent = 0;
    const { url, sockets } = await serveBytes((socket) => {
      const send = (): void => {
        if (socket.destroyed) return;
        sent += 1;
        if (sent === 100) aborted.abort();
        socket.write('1;a=b\r\n \r\n', () => setImmediate(send));
      };
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', send);
    });
    expect((await failureOf(get(url, { signal: aborted.signal }))).reason).toBe('no response');
    await closed(sockets);
  });

  it('closes the connection if the body is cancelled after it has arrived', async () => {
    const { url, sockets } = await serveBytes(
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n${' '.repeat(9_999)}`),
    );
    const policy = new NetworkPolicy(LOOPBACK);
    const fetch = restrictedFetch({ policy, literal: undefined, allowLoopbackHttp: true });
    await (await fetch(url)).body?.cancel();
    const reader = (await fetch(url)).body?.getReader();
    await reader?.read();
    await Promise.all([reader?.read(), reader?.cancel()]);
    await closed(sockets);
  });

  it('never takes a body as complete that the signal has ended before it is read', async () => {
    const { url, sockets } = await serveBytes(
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\n\r\n{"keys":[]}${' '.repeat(256 * 1024)}`),
    );
    const aborted = new AbortController();
    const policy = new NetworkPolicy(LOOPBACK);
    const options = { policy, literal: undefined, allowLoopbackHttp: true, signal: aborted.signal };
    const response = await restrictedFetch(options)(url);
    aborted.abort();
    await closed(sockets);
    expect((await failureOf(response.text())).reason).toBe('no response');
  });

  it('accepts header fields with bytes of any value', async () => {
    const { url } = await serveBytes((socket) =>
      socket.end(
        Buffer.from('HTTP/1.1 200 \xff\r\nx-any: \xe9\xff\r\nset-cookie: a\r\n\r\n{"keys":[]}', 'latin1'),
      ),
    );
    expect(await get(url)).toMatchObject({ body: { keys: [] } });
  });

  it('closes the connection when the body is complete, though the server would keep it', async () => {
    const { url, sockets } = await serveBytes(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'),
    );
    expect(await get(url)).toMatchObject({ body: {} });
    await closed(sockets);
  });

  it('closes the connection if the body is cancelled before it arrives', async () => {
    const { url, sockets } = await serveBytes(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n'),
    );
    const policy = new NetworkPolicy(LOOPBACK);
    const response = await restrictedFetch({ policy, literal: undefined, allowLoopbackHttp: true })(url);
    await response.body?.cancel();
    await closed(sockets);
  });

  it('fails with a code if nothing listens', async () => {
    const { url } = await serveBytes(() => undefined);
    for (const stop of stops.splice(0)) stop();
    expect((await failureOf(get(url))).message).toBe(`${url}: ECONNREFUSED`);
  });

  it('quotes no header field of the request that cannot be sent', async () => {
    const policy = new NetworkPolicy(LOOPBACK);
    const fetch = restrictedFetch({ policy, literal: undefined, allowLoopbackHttp: true });
    const failure = await failureOf(
      fetch(server.url('/keys'), { headers: { authorization: `${MARKER}\n1` } }),
    );
    expect(`${failure.message} ${String(failure.stack)}`).not.toContain(MARKER);
  });
});
