import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { RemoteFailure } from '../../../src/http-client/remote-failure.js';
import { IssuerKeySource, type RemoteKeySource } from '../../../src/issuers/issuer-key-source.js';
import type { PublishedKeySet } from '../../../src/key-sets/key-set-source.js';
import { JoseKey } from '../../support/jose-key.js';
import { document, KeyServer, redirect } from '../../support/key-server.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';
import { makeCertificates, type TestCertificates } from '../../support/test-certificates.js';

const DISCOVERY = '/.well-known/openid-configuration';
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJl';

let jwk: JWK;
let certificates: TestCertificates;
let server: KeyServer;
let other: KeyServer;
let source: IssuerKeySource;

beforeAll(async () => {
  ({ jwk } = await JoseKey.make('ES256'));
  certificates = makeCertificates();
});
beforeEach(async () => {
  [server, other] = await Promise.all([KeyServer.start(), KeyServer.start({ host: '127.0.0.2' })]);
  source = new IssuerKeySource({ issuerNetworks: [], production: false });
});
afterEach(async () => {
  await Promise.all([server.stop(), other.stop()]);
});
afterAll(removeTemporaryDirectories);

const jwksUri = (url: string, files: { caFile?: string; tokenFile?: string } = {}): RemoteKeySource => ({
  kind: 'jwks_uri',
  jwksUri: url,
  caFile: files.caFile ?? null,
  tokenFile: files.tokenFile ?? null,
});

type Outcome = PublishedKeySet | RemoteFailure;

function fetchFrom(
  keys: RemoteKeySource,
  { issuer = server.url(), signal = new AbortController().signal, from = source } = {},
): Promise<Outcome> {
  return from.fetch(issuer, keys, signal);
}

const discover = (issuer = server.url()): Promise<Outcome> => fetchFrom({ kind: 'discovery' }, { issuer });

/** The message of a failure. */
function failureOf(outcome: Outcome): string {
  if (!(outcome instanceof RemoteFailure)) throw new Error('The fetch did not fail');
  return outcome.message;
}

/** Makes the server publish an issuer whose keys are at this URL. */
function publish(uri: unknown, issuer = server.url()): void {
  server.routes.set(DISCOVERY, document({ issuer, jwks_uri: uri }));
}

describe('IssuerKeySource with the URL of a key set', () => {
  it('fetches the keys there, and asks for nothing else', async () => {
    server.routes.set('/keys', document({ keys: [jwk] }, { 'cache-control': 'max-age=600' }));
    expect(await fetchFrom(jwksUri(server.url('/keys')))).toEqual({ keys: [jwk], ageSeconds: 600 });
    expect(server.paths).toEqual(['/keys']);
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('fetches a SPIFFE bundle in the same way', async () => {
    const svid = { ...jwk, use: 'jwt-svid' };
    server.routes.set('/bundle', document({ keys: [svid], spiffe_sequence: 1 }));
    const bundle = {
      kind: 'spiffe_bundle_uri',
      bundleUri: server.url('/bundle'),
      trustDomain: 'td',
    } as const;
    expect(await fetchFrom(bundle)).toEqual({ keys: [svid], ageSeconds: 300 });
  });

  it.each([
    ['no Cache-Control', {}, 300],
    ['max-age=0', { 'cache-control': 'max-age=0' }, 300],
    ['no-store', { 'cache-control': 'no-store' }, 300],
    ['max-age=299', { 'cache-control': 'max-age=299' }, 300],
    ['max-age=1234', { 'cache-control': 'public, max-age=1234' }, 1234],
    ['max-age=86400', { 'cache-control': 'max-age=86400' }, 3600],
  ])('keeps the keys for 5 minutes to an hour: %s', async (_name, headers, ageSeconds) => {
    server.routes.set('/keys', document({ keys: [] }, headers));
    expect(await fetchFrom(jwksUri(server.url('/keys')))).toMatchObject({ ageSeconds });
  });

  it('fails with over 100 keys', async () => {
    const keys = Array.from({ length: 101 }, (_, index) => ({ ...jwk, kid: `key-${index}` }));
    server.routes.set('/keys', document({ keys }));
    expect(failureOf(await fetchFrom(jwksUri(server.url('/keys'))))).toBe(
      `${server.url('/keys')}: over 100 keys`,
    );
    server.routes.set('/keys', document({ keys: keys.slice(1) }));
    expect(await fetchFrom(jwksUri(server.url('/keys')))).toMatchObject({ keys: keys.slice(1) });
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect: %d', async (status) => {
    other.routes.set('/keys', document({ keys: [jwk] }));
    server.routes.set('/keys', redirect(other.url('/keys'), status));
    const message = failureOf(await fetchFrom(jwksUri(server.url('/keys'))));
    expect([message, other.connections]).toEqual([`${server.url('/keys')}: status ${status}`, 0]);
  });

  it.each([
    ['an error page', document({ keys: [] }, {}, 500), 'status 500'],
    ['no JSON', document('<html>'), 'not a JWK Set'],
    ['no keys', document({ key: [] }), 'not a JWK Set'],
    ['a connection that ends', document({}), 'not a JWK Set'],
  ])('fails with %s, and quotes nothing of it', async (_name, respond, reason) => {
    server.routes.set('/keys', respond);
    expect(failureOf(await fetchFrom(jwksUri(server.url('/keys'))))).toBe(
      `${server.url('/keys')}: ${reason}`,
    );
  });

  it('reads no more than 256 KiB', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024, ' ');
    server.routes.set('/keys', (response) => {
      const send = (): void => {
        while (sent < 10 * 1024 * 1024) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', send);
        }
        response.end('{"keys":[]}');
      };
      send();
    });
    expect(failureOf(await fetchFrom(jwksUri(server.url('/keys'))))).toMatch(/256 KiB/);
    expect(sent).toBeLessThan(10 * 1024 * 1024);
  });

  it('accepts 256 KiB, and not a byte more', async () => {
    const body = JSON.stringify({ keys: [jwk] });
    const sized = (bytes: number): void =>
      void server.routes.set('/keys', (response) => void response.end(body.padEnd(bytes, ' ')));
    sized(256 * 1024);
    expect(await fetchFrom(jwksUri(server.url('/keys')))).toMatchObject({ keys: [jwk] });
    sized(256 * 1024 + 1);
    expect(failureOf(await fetchFrom(jwksUri(server.url('/keys'))))).toMatch(/256 KiB/);
  });

  it('fails if nothing listens', async () => {
    const url = server.url('/keys');
    await server.stop();
    expect(failureOf(await fetchFrom(jwksUri(url), { issuer: 'any' }))).toBe(`${url}: ECONNREFUSED`);
    server = await KeyServer.start();
  });

  it('ends early if the signal is aborted', async () => {
    const aborted = new AbortController();
    server.routes.set('/keys', () => aborted.abort());
    const message = failureOf(await fetchFrom(jwksUri(server.url('/keys')), { signal: aborted.signal }));
    expect(message).toContain('no response');
    expect(message).not.toContain('5 seconds');
  });

  it('ends early in the middle of a body too', async () => {
    const aborted = new AbortController();
    server.routes.set('/keys', (response) => {
      response.writeHead(200).write('{"keys":[', () => setImmediate(() => aborted.abort()));
    });
    const message = failureOf(await fetchFrom(jwksUri(server.url('/keys')), { signal: aborted.signal }));
    expect(message).toContain('no response');
  });

  it('fails if the connection ends in the middle of a body', async () => {
    server.routes.set('/keys', (response) => {
      response.writeHead(200).write('{"keys":[', () => setImmediate(() => response.destroy()));
    });
    expect(failureOf(await fetchFrom(jwksUri(server.url('/keys'))))).toContain('ECONNRESET');
  });

  it('refuses plain HTTP in production, without a connection', async () => {
    const production = new IssuerKeySource({ issuerNetworks: ['127.0.0.0/8'], production: true });
    server.routes.set('/keys', document({ keys: [jwk] }));
    expect(await fetchFrom(jwksUri(server.url('/keys')), { from: production })).toBeInstanceOf(RemoteFailure);
    expect(server.connections).toBe(0);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'https://169.254.169.254/keys',
    'https://[::ffff:169.254.169.254]/keys',
    'https://[64:ff9b::a9fe:a9fe]/keys',
    'https://0.0.0.0/keys',
    'https://[fe80::1]/keys',
    'https://224.0.0.1/keys',
  ])('refuses a URL that is never allowed: %s', async (url) => {
    expect(await fetchFrom(jwksUri(url))).toBeInstanceOf(RemoteFailure);
  });
});

describe('IssuerKeySource with a private address', () => {
  it('connects to a name of this machine only if the setting lists its network', async () => {
    server.routes.set('/keys', document({ keys: [jwk] }));
    const keys = jwksUri(server.url('/keys', 'localhost'));
    expect(await fetchFrom(keys)).toBeInstanceOf(RemoteFailure);
    expect(server.connections).toBe(0);
    const allowing = new IssuerKeySource({ issuerNetworks: ['127.0.0.0/8', '::1/128'], production: false });
    expect(await fetchFrom(keys, { from: allowing })).toMatchObject({ keys: [jwk] });
  });

  it('connects to the IP address that the entry has in its URL', async () => {
    server.routes.set('/keys', document({ keys: [jwk] }));
    expect(await fetchFrom(jwksUri(server.url('/keys')))).toMatchObject({ keys: [jwk] });
  });
});

describe('IssuerKeySource with discovery', () => {
  beforeEach(() => {
    server.routes.set('/keys', document({ keys: [jwk] }));
    other.routes.set('/keys', document({ keys: [jwk] }));
  });

  it('takes the URL of the keys from the metadata, each time', async () => {
    publish(server.url('/keys'));
    expect(await discover()).toEqual({ keys: [jwk], ageSeconds: 300 });
    server.routes.set('/moved', document({ keys: [] }));
    publish(server.url('/moved'));
    expect(await discover()).toEqual({ keys: [], ageSeconds: 300 });
    expect(server.paths).toEqual([DISCOVERY, '/keys', DISCOVERY, '/moved']);
  });

  it('removes one trailing slash from the issuer to find the metadata, which names the slash', async () => {
    const issuer = server.url('/tenant/');
    server.routes.set(`/tenant${DISCOVERY}`, document({ issuer, jwks_uri: server.url('/keys') }));
    expect(await discover(issuer)).toMatchObject({ keys: [jwk] });
  });

  it('looks for the metadata nowhere else', async () => {
    const metadata = document({ issuer: server.url(), jwks_uri: server.url('/keys') });
    server.routes.set('/.well-known/oauth-authorization-server', metadata);
    expect(failureOf(await discover())).toBe(`${server.url(DISCOVERY)}: status 404`);
    expect(server.paths).toEqual([DISCOVERY]);
  });

  it.each<[string, (issuer: string) => unknown]>([
    ['another issuer', () => 'https://issuer.example'],
    ['a trailing slash', (issuer) => `${issuer}/`],
    ['another case', (issuer) => issuer.replace('http', 'HTTP')],
    ['no issuer', () => undefined],
    ['a list of issuers', (issuer) => [issuer]],
  ])('fails if the metadata names %s, and fetches no keys', async (_name, named) => {
    server.routes.set(DISCOVERY, document({ issuer: named(server.url()), jwks_uri: server.url('/keys') }));
    expect(failureOf(await discover())).toContain('another issuer');
    expect(server.paths).toEqual([DISCOVERY]);
  });

  it('does not follow a redirect to other metadata, whatever issuer it names', async () => {
    other.routes.set(DISCOVERY, document({ issuer: server.url(), jwks_uri: other.url('/keys') }));
    server.routes.set(DISCOVERY, redirect(other.url(DISCOVERY)));
    expect(failureOf(await discover())).toBe(`${server.url(DISCOVERY)}: status 302`);
    expect(other.connections).toBe(0);
  });

  it('does not follow a redirect to other keys', async () => {
    publish(server.url('/keys'));
    server.routes.set('/keys', redirect(other.url('/keys')));
    expect(failureOf(await discover())).toBe(`${server.url('/keys')}: status 302`);
    expect(other.connections).toBe(0);
  });

  it('refuses keys at another private address than that of the entry, without a connection', async () => {
    publish(other.url('/keys'));
    expect(await discover()).toBeInstanceOf(RemoteFailure);
    expect(other.connections).toBe(0);
  });

  it('refuses keys at a private address if the entry has a name', async () => {
    const issuer = server.url('', 'localhost');
    const onlyName = new IssuerKeySource({ issuerNetworks: ['127.0.0.1/32', '::1/128'], production: false });
    publish(other.url('/keys'), issuer);
    expect(await fetchFrom({ kind: 'discovery' }, { issuer, from: onlyName })).toBeInstanceOf(RemoteFailure);
    expect([server.paths, other.connections]).toEqual([[DISCOVERY], 0]);
  });

  it('accepts keys at another private address if the setting lists its network', async () => {
    publish(other.url('/keys'));
    const allowing = new IssuerKeySource({ issuerNetworks: ['127.0.0.2/32'], production: false });
    expect(await fetchFrom({ kind: 'discovery' }, { from: allowing })).toMatchObject({ keys: [jwk] });
  });

  it.each<[string, unknown]>([
    ['is missing', undefined],
    ['is not a string', 5],
    ['is not a URL', 'keys'],
    ['is relative', '/keys'],
    ['is a file', 'file:///etc/passwd'],
    ['is plain HTTP on another host', 'http://issuer.example/keys'],
    ['has a user name', 'https://user@issuer.example/keys'],
    ['has a password', 'https://:secret@issuer.example/keys'],
    ['has a fragment', 'https://issuer.example/keys#1'],
    ['is the metadata service of a cloud', 'https://169.254.169.254/keys'],
    ['is longer than 2,048 characters', `https://issuer.example/${'a'.repeat(2048)}`],
  ])('fails if jwks_uri %s, and quotes nothing of it', async (_name, uri) => {
    publish(uri);
    const message = failureOf(await discover());
    expect(message).toMatch(new RegExp(`^${server.url()}: the jwks_uri of its metadata `));
    expect(message).not.toMatch(/example|secret|passwd|169/);
  });

  it('fails if metadata and keys together take over 5 seconds', async () => {
    const waiting: NodeJS.Timeout[] = [];
    const later = (milliseconds: number, respond: () => void): void =>
      void waiting.push(setTimeout(respond, milliseconds));
    server.routes.set(DISCOVERY, (response, request) => {
      later(2_600, () =>
        document({ issuer: server.url(), jwks_uri: server.url('/keys') })(response, request),
      );
    });
    server.routes.set('/keys', (response, request) => {
      later(2_600, () => document({ keys: [jwk] })(response, request));
    });
    expect(failureOf(await discover())).toContain('no response within 5 seconds');
    waiting.forEach(clearTimeout);
  }, 15_000);
});

describe('IssuerKeySource for an API server of Kubernetes', () => {
  let api: KeyServer;
  let tokenFile: string;
  beforeEach(async () => {
    tokenFile = join(temporaryDirectory(), 'token');
    writeFileSync(tokenFile, `${TOKEN}\n`);
    api = await KeyServer.start({ host: '127.0.0.2', tls: certificates });
    api.routes.set('/openid/v1/jwks', (response, request) => {
      const isAllowed = request.headers.authorization === `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`;
      document({ keys: [jwk] }, {}, isAllowed ? 200 : 401)(response, request);
    });
  });
  afterEach(() => api.stop());

  const fetchKeys = (files: { caFile?: string; tokenFile?: string }): Promise<Outcome> =>
    fetchFrom(jwksUri(api.url('/openid/v1/jwks'), files), {
      from: new IssuerKeySource({ issuerNetworks: [], production: true }),
    });

  it('fetches the keys with the certificates and the token in the files of the entry', async () => {
    expect(await fetchKeys({ caFile: certificates.root, tokenFile })).toMatchObject({ keys: [jwk] });
  });

  it('reads the token for each fetch, because Kubernetes replaces it', async () => {
    const files = { caFile: certificates.root, tokenFile };
    await fetchKeys(files);
    writeFileSync(tokenFile, 'another-token');
    expect(await fetchKeys(files)).toMatchObject({ keys: [jwk] });
    expect(api.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${TOKEN}`,
      'Bearer another-token',
    ]);
  });

  it('fails without the token', async () => {
    expect(failureOf(await fetchKeys({ caFile: certificates.root }))).toContain('status 401');
  });

  it.each([
    ['without the certificates', () => ({ tokenFile })],
    ['with certificates of another root', () => ({ tokenFile, caFile: certificates.wrongRoot })],
    ['without a file of certificates', () => ({ tokenFile, caFile: '/does/not/exist' })],
    ['without a file of the token', () => ({ caFile: certificates.root, tokenFile: '/does/not/exist' })],
  ])('fails %s, and does not send the token', async (_name, files) => {
    const message = failureOf(await fetchKeys(files()));
    expect(message).not.toContain(TOKEN);
    expect(message).not.toContain('/does/not/exist');
    expect(api.requests).toEqual([]);
  });

  it('fails with a file that is no token, and does not quote it', async () => {
    writeFileSync(tokenFile, `${TOKEN} ${TOKEN}`);
    const message = failureOf(await fetchKeys({ caFile: certificates.root, tokenFile }));
    expect(message).toBe(`${api.url('/openid/v1/jwks')}: token_file does not contain one token`);
    expect(api.connections).toBe(0);
  });

  it('does not send the token to the target of a redirect', async () => {
    api.routes.set('/openid/v1/jwks', redirect(other.url('/keys')));
    expect(failureOf(await fetchKeys({ caFile: certificates.root, tokenFile }))).toContain('status 302');
    expect(other.connections).toBe(0);
  });
});
