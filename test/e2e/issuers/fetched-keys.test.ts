import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OAuth2Server } from 'oauth2-mock-server';
import { IssuerRegistry } from '../../../src/issuers/issuer-registry.js';
import { SyncLoop } from '../../../src/sync/sync-loop.js';
import { assertionParameters, type ClientKey, makeClientKey } from '../../support/client-assertion.js';
import { Administrator, basic, makeClient } from '../../support/clients.js';
import { issuerOf } from '../../support/issuer-values.js';
import { document, KeyServer, redirect } from '../../support/key-server.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';
import { OTHER_SECRET, OtherIssuer } from '../../support/other-issuer.js';
import { administerIssuers, OutsideIssuer, refusedCheck, trustIssuer } from '../../support/outside-issuer.js';
import { RunningApp, type ServiceResponse } from '../../support/running-app.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';
import { until } from '../../support/until.js';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const DISCOVERY = '/.well-known/openid-configuration';
const DAY = 86_400;

let service: RunningApp;
let administrator: Administrator;

const asClient = (token: string): Promise<ServiceResponse> =>
  service.form('/oauth2/token', { grant_type: 'client_credentials', ...assertionParameters(token) });

async function start(clock = new MovedClock()): Promise<void> {
  service = await RunningApp.start({ authFailureMax: 0 }, clock);
  administrator = await Administrator.of(service);
}

/** An issuer that publishes its keys on this machine, with an entry and a client for its subject `user-1`. */
class PublishingIssuer {
  keys: readonly object[];

  private constructor(
    readonly server: KeyServer,
    readonly outside: OutsideIssuer,
  ) {
    this.keys = [outside.key.jwk];
    server.routes.set(DISCOVERY, document({ issuer: outside.issuer, jwks_uri: server.url('/keys') }));
    server.routes.set('/keys', (response, request) => document({ keys: this.keys })(response, request));
  }

  static async start(): Promise<PublishingIssuer> {
    const server = await KeyServer.start();
    return new PublishingIssuer(server, new OutsideIssuer(`issuer-${randomUUID()}`, server.url()));
  }

  /** Adds its entry and a client. */
  async trust(fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await trustIssuer(
      service,
      administrator,
      this.outside.entry({ keys: { discovery: true }, uses: ['client_authentication'], ...fields }),
    );
    await makeClient(service, `client-of-${this.outside.id}`, {
      audiences: ['logging-service'],
      federated_credentials: [{ issuer: this.outside.id, subject: 'user-1' }],
    });
  }

  change(fields: object): Promise<ServiceResponse> {
    return administerIssuers(service, administrator, 'PATCH', `/${this.outside.id}`, fields);
  }

  /** How often its keys were requested. */
  get fetches(): number {
    return this.server.paths.filter((path) => path === '/keys').length;
  }

  /** A token that is valid now. */
  token(key: ClientKey = this.outside.key): string {
    const now = service.clock.now() / 1000;
    return this.outside.token({ iat: now, exp: now + 300 }, { key, header: { kid: key.jwk['kid'] } });
  }
}

let issuer: PublishingIssuer;
beforeEach(async () => {
  issuer = await PublishingIssuer.start();
});
afterEach(() => issuer.server.stop());
afterAll(removeTemporaryDirectories);

describe('the keys of a trusted issuer', () => {
  beforeAll(() => start());
  afterAll(() => service.stop());

  it('are fetched when the entry is created, before any request', async () => {
    await issuer.trust();
    await until(() => issuer.fetches === 1, 5_000, 'the keys were fetched');
    expect([(await asClient(issuer.token())).status, issuer.fetches]).toEqual([200, 1]);
  });

  it('are waited for by the requests that come before them', async () => {
    const respondLater: (() => void)[] = [];
    const respond = issuer.server.routes.get('/keys');
    issuer.server.routes.set('/keys', (...args) => void respondLater.push(() => respond?.(...args)));
    await issuer.trust();
    const responses = Array.from({ length: 200 }, () => asClient(issuer.token()));
    await until(() => respondLater.length > 0, 5_000, 'the keys were requested');
    respondLater.forEach((give) => give());
    const statuses = (await Promise.all(responses)).map(({ status }) => status);
    expect([new Set(statuses), issuer.fetches]).toEqual([new Set([200]), 1]);
  });

  it('are fetched again for an unknown key: once, under load, and the next after 30 seconds', async () => {
    await issuer.trust();
    await asClient(issuer.token());
    const [second, third] = ['second', 'third'].map((kid) => makeClientKey('ES256', { kid }));
    if (!second || !third) throw new Error('No keys');
    issuer.keys = [second.jwk];
    const responses = await Promise.all(
      Array.from({ length: 200 }, (_, index) => asClient(issuer.token(index % 2 ? second : third))),
    );
    const statuses = responses.map(({ status }, index) => [index % 2, status].join());
    expect([new Set(statuses), issuer.fetches]).toEqual([new Set(['1,200', '0,401']), 2]);
    issuer.keys = [third.jwk];
    service.clock.advance(29);
    expect([(await asClient(issuer.token(third))).status, issuer.fetches]).toEqual([401, 2]);
    service.clock.advance(1);
    expect([(await asClient(issuer.token(third))).status, issuer.fetches]).toEqual([200, 3]);
    expect((await asClient(issuer.token(second))).status).toBe(401);
  });

  it('are not used with a key that the issuer removed', async () => {
    await issuer.trust();
    await asClient(issuer.token());
    issuer.keys = [];
    await issuer.change({ audiences: ['identity-backend'] });
    await until(() => issuer.fetches === 2, 5_000, 'the keys were fetched again');
    await until(async () => (await asClient(issuer.token())).status === 401, 5_000);
    expect(refusedCheck(service)).toBe('key');
  });

  it('are neither used nor fetched if the entry is disabled', async () => {
    await issuer.trust();
    await asClient(issuer.token());
    await issuer.change({ disabled: true });
    expect((await asClient(issuer.token())).status).toBe(401);
    expect([refusedCheck(service), issuer.fetches]).toEqual(['issuer', 1]);
  });

  it('are those of the new source once the entry has one', async () => {
    await issuer.trust();
    await asClient(issuer.token());
    const moved = makeClientKey('ES256', { kid: issuer.outside.key.jwk['kid'] });
    issuer.server.routes.set('/moved', document({ keys: [moved.jwk] }));
    await issuer.change({ keys: { discovery: null, jwks_uri: issuer.server.url('/moved') } });
    expect((await asClient(issuer.token(moved))).status).toBe(200);
    expect((await asClient(issuer.token())).status).toBe(401);
    expect(refusedCheck(service)).toBe('signature');
  });

  it('are never requested from an issuer that has no entry', async () => {
    expect((await asClient(issuer.token())).status).toBe(401);
    expect([refusedCheck(service), issuer.server.connections]).toEqual(['issuer', 0]);
  });

  it.each<[string, (server: KeyServer) => void, RegExp]>([
    [
      'are redirected',
      (server) => server.routes.set('/keys', redirect(server.url('/elsewhere'))),
      /\/keys: status 302$/,
    ],
    [
      'have metadata that is redirected',
      (server) => server.routes.set(DISCOVERY, redirect(server.url('/elsewhere'))),
      /openid-configuration: status 302$/,
    ],
    [
      'have metadata of another issuer',
      (server) =>
        server.routes.set(DISCOVERY, document({ issuer: 'https://other', jwks_uri: server.url('/keys') })),
      /another issuer$/,
    ],
    [
      'have 10 MB',
      (server) => server.routes.set('/keys', (response) => void response.end(' '.repeat(10_000_000))),
      /over 256 KiB$/,
    ],
    [
      'are 101',
      (server) => server.routes.set('/keys', document({ keys: Array<object>(101).fill({ kty: 'AKP' }) })),
      /over 100 keys$/,
    ],
  ])('make the service unavailable to its clients if they %s', async (_name, spoil, reason) => {
    service.captured.clear();
    spoil(issuer.server);
    await issuer.trust();
    const { status, headers, body } = await asClient(issuer.token());
    expect([status, headers.get('retry-after'), body['error']]).toEqual([
      503,
      '5',
      'temporarily_unavailable',
    ]);
    const connections = issuer.server.connections;
    expect((await asClient(issuer.token())).status).toBe(503);
    expect([issuer.server.connections, issuer.server.paths.includes('/elsewhere')]).toEqual([
      connections,
      false,
    ]);
    const reasons = service.captured.lines
      .filter((line) => line['trusted_issuer'] === issuer.outside.id && 'reason' in line)
      .map((line) => line['reason']);
    expect(reasons).toEqual([expect.stringMatching(reason)]);
  });

  it('skip a weak key, and keep the others', async () => {
    issuer.keys = [{ kty: 'RSA', n: 'AQAB', e: 'AQ', kid: 'weak' }, { kty: 'AKP' }, ...issuer.keys];
    await issuer.trust();
    expect((await asClient(issuer.token())).status).toBe(200);
  });
});

describe('an outage of a trusted issuer', () => {
  beforeAll(() => start());
  afterAll(() => service.stop());

  const pass = async (seconds: number): Promise<void> => {
    service.clock.advance(seconds);
    await service.app.get(SyncLoop).syncNow();
  };

  it('is bridged with the last keys for 24 hours, is reported once, and degrades the service', async () => {
    await issuer.trust();
    expect((await asClient(issuer.token())).status).toBe(200);
    service.captured.clear();
    issuer.server.routes.clear();
    await pass(301);
    await until(async () => (await service.get('/health/ready')).body['status'] === 'degraded', 5_000);
    for (const hours of [1, 10, 12]) {
      await pass(hours * 3600);
      expect((await asClient(issuer.token())).status).toBe(200);
    }
    expect(service.captured.lines.filter((line) => 'reason' in line)).toHaveLength(1);
    await pass(DAY - 301 - 23 * 3600);
    expect((await asClient(issuer.token())).status).toBe(503);
  });
});

describe('100 issuers that do not respond', () => {
  it('are asked 8 at a time, and the service starts without them', async () => {
    const databaseUrl = `sqlite:${join(temporaryDirectory(), 'identity.db')}`;
    service = await RunningApp.start({ databaseUrl });
    const registry = service.app.get(IssuerRegistry);
    for (let number = 0; number < 100; number += 1) {
      const [id, path] = [`issuer-${number}`, `/keys-${number}`];
      issuer.server.routes.set(path, () => undefined);
      const keys = {
        kind: 'jwks_uri',
        jwksUri: issuer.server.url(path),
        caFile: null,
        tokenFile: null,
      } as const;
      await registry.change(id, () => issuerOf({ id, issuer: id, keys }));
    }
    await service.stop();
    issuer.server.requests.length = 0;
    service = await RunningApp.start({ databaseUrl });
    expect(service.app.get(IssuerRegistry).size).toBe(100);
    expect((await service.get('/health/live')).status).toBe(200);
    await until(() => issuer.server.requests.length >= 8, 5_000, '8 requests');
    expect(issuer.server.mostWaiting).toBe(8);
    await service.stop();
  });
});

describe('issuers that others wrote', () => {
  afterEach(() => service.stop());

  it('oauth2-mock-server: its tokens authenticate a client, also after a rotation', async () => {
    await start();
    const mock = new OAuth2Server();
    await mock.issuer.keys.generate('RS256', { kid: 'first' });
    await mock.start(0, '127.0.0.1');
    mock.issuer.url = `http://127.0.0.1:${mock.address().port}`;
    const token = (kid: string): Promise<string> =>
      mock.issuer.buildToken({
        kid,
        scopesOrTransform: (_header, payload) => {
          const times = { iat: NEW_YEAR, nbf: NEW_YEAR, exp: NEW_YEAR + 300 };
          Object.assign(payload, { sub: 'job', aud: 'identity-backend', ...times });
        },
      });
    try {
      await trustIssuer(service, administrator, {
        id: 'mock',
        issuer: mock.issuer.url,
        keys: { discovery: true },
        uses: ['client_authentication'],
      });
      await makeClient(service, 'job', {
        audiences: ['logging-service'],
        federated_credentials: [{ issuer: 'mock', subject: 'job' }],
      });
      expect((await asClient(await token('first'))).status).toBe(200);
      await mock.issuer.keys.generate('RS256', { kid: 'second' });
      const tokens = await Promise.all(Array.from({ length: 50 }, () => token('second')));
      const statuses = (await Promise.all(tokens.map(asClient))).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([200]));
    } finally {
      await mock.stop();
    }
  });

  it('oidc-provider: its access token is a grant for its subject', async () => {
    // It has a clock of its own.
    await start(new MovedClock(Math.floor(Date.now() / 1000)));
    const provider = await OtherIssuer.start();
    try {
      await trustIssuer(service, administrator, {
        id: 'provider',
        issuer: provider.issuer,
        keys: { discovery: true },
        uses: ['jwt_bearer'],
        audiences: ['https://identity.example'],
        typ: ['at+jwt'],
      });
      const client = await makeClient(service, 'gateway', {
        audiences: ['logging-service'],
        grant_types: [JWT_BEARER],
        jwt_bearer: { issuers: ['provider'] },
      });
      const issued = await fetch(`${provider.issuer}/token`, {
        method: 'POST',
        headers: { authorization: basic('basic', OTHER_SECRET) },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          resource: 'https://identity.example',
          scope: 'logs:write',
        }),
      });
      const { access_token: assertion } = (await issued.json()) as { access_token: string };
      service.clock.set(Date.now() / 1000);
      const { status, body } = await service.form(
        '/oauth2/token',
        { grant_type: JWT_BEARER, assertion },
        { authorization: client.authorization },
      );
      expect([status, body['error_description']]).toEqual([200, undefined]);
    } finally {
      await provider.stop();
    }
  });
});
