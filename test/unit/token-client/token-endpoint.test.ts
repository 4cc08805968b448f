import { beforeEach, describe, expect, it } from '@jest/globals';
import { TokenClient, type TokenClientOptions } from '../../../src/token-client/index.js';
import { connectionRefused, FakeFetch, json, type SentRequest } from '../../support/fake-fetch.js';
import { MovedClock } from '../../support/moved-clock.js';

const ISSUER = 'https://issuer.example/tenant';
const OPENID = `${ISSUER}/.well-known/openid-configuration`;
const METADATA = { issuer: ISSUER, token_endpoint: `${ISSUER}/token-here` };
const LOGS = { audience: 'logging-service' };

let clock: MovedClock;
let fake: FakeFetch;
let metadata: () => Response;
let endpoint: (request: SentRequest) => Response;

beforeEach(() => {
  clock = new MovedClock();
  metadata = () => json(METADATA);
  endpoint = () => json({ access_token: 'a.b.c', token_type: 'Bearer', expires_in: 900 });
  fake = new FakeFetch((request) => (request.url.includes('/.well-known/') ? metadata() : endpoint(request)));
});

const client = (options: Partial<TokenClientOptions> = {}): TokenClient =>
  new TokenClient({
    issuerUrl: ISSUER,
    discover: true,
    clientId: 'careergpt',
    clientSecret: 'marker',
    clock,
    random: () => 0,
    fetch: fake.fetch,
    ...options,
  });
const urls = (): string[] => fake.sent.map(({ url }) => url);
const form = (): object => Object.fromEntries(new URLSearchParams(fake.last.body));

describe('A discovered token endpoint', () => {
  it('is read once, also for concurrent requests', async () => {
    const tokens = client();
    await Promise.all(['a', 'b', 'c'].map((audience) => tokens.getToken({ audience })));
    expect(urls()).toEqual([OPENID, ...Array.from({ length: 3 }, () => METADATA.token_endpoint)]);
  });

  it.each<[string, () => Response]>([
    ['is of another issuer', () => json({ ...METADATA, issuer: `${ISSUER}/` })],
    ['has no token endpoint', () => json({ issuer: ISSUER })],
    ['names one in plain HTTP', () => json({ ...METADATA, token_endpoint: 'http://issuer.example/token' })],
    ['is a redirect', () => json({}, 302, { location: 'https://other.example' })],
    ['is over 1 MiB', () => json({ ...METADATA, padding: 'x'.repeat(1024 * 1024) })],
    ['is HTML', () => new Response('<html>')],
    ['is missing', () => json({}, 404)],
    ['does not arrive', connectionRefused],
  ])('fails if the metadata %s, and sends no secret', async (_name, respond) => {
    metadata = respond;
    await expect(client().getToken(LOGS)).rejects.toMatchObject({
      name: 'TokenUnavailableError',
      code: 'issuer_unreachable',
    });
    expect(urls().every((url) => url.includes('/.well-known/'))).toBe(true);
    expect(fake.sent.some(({ headers }) => headers.has('authorization'))).toBe(false);
  });

  it('is read again after the metadata was unavailable', async () => {
    const tokens = client();
    metadata = connectionRefused;
    await expect(tokens.getToken(LOGS)).rejects.toMatchObject({ code: 'issuer_unreachable' });
    metadata = () => json(METADATA);
    clock.advance(2);
    expect(await tokens.getToken(LOGS)).toBe('a.b.c');
  });

  it.each<[string, () => Response, boolean]>([
    ['is unavailable', connectionRefused, true],
    ['responds with 404', () => json({}, 404), true],
    ['responds with 503', () => json({}, 503), true],
    ['refuses with an error code', () => json({ error: 'invalid_scope' }, 400), false],
  ])('that %s: it is looked up again', async (_name, respond, again) => {
    const tokens = client();
    endpoint = respond;
    await expect(tokens.getToken(LOGS)).rejects.toThrow();
    metadata = () => json({ ...METADATA, token_endpoint: `${ISSUER}/moved` });
    endpoint = () => json({ access_token: 'new', token_type: 'Bearer', expires_in: 900 });
    clock.advance(2);
    await tokens.getToken(LOGS);
    expect(fake.last.url).toBe(again ? `${ISSUER}/moved` : METADATA.token_endpoint);
  });

  it.each<[string, unknown, 'basic' | 'post']>([
    ['nothing', undefined, 'basic'],
    ['both', ['client_secret_post', 'client_secret_basic'], 'basic'],
    ['client_secret_post alone', ['client_secret_post', 'private_key_jwt'], 'post'],
    ['neither', ['private_key_jwt'], 'basic'],
    ['no list', 'client_secret_post', 'basic'],
  ])(
    'receives the secret by Basic unless it supports only the form (supports: %s)',
    async (_name, methods, by) => {
      metadata = () => json({ ...METADATA, token_endpoint_auth_methods_supported: methods });
      await client().getToken(LOGS);
      expect(fake.last.headers.has('authorization')).toBe(by === 'basic');
      expect(form()).toEqual({
        grant_type: 'client_credentials',
        audience: 'logging-service',
        ...(by === 'post' && { client_id: 'careergpt', client_secret: 'marker' }),
      });
    },
  );

  it('receives the secret as the option says', async () => {
    metadata = () => json({ ...METADATA, token_endpoint_auth_methods_supported: ['client_secret_post'] });
    await client({ clientAuthentication: 'client_secret_basic' }).getToken(LOGS);
    expect(fake.last.headers.has('authorization')).toBe(true);
  });
});

describe('A token endpoint', () => {
  const tokenEndpoint = 'https://login.example/token';

  it('that an option names is requested without metadata', async () => {
    await client({ discover: undefined, tokenEndpoint }).getToken(LOGS);
    expect(urls()).toEqual([tokenEndpoint]);
  });

  it('receives a resource for each, and no audience', async () => {
    await client().getToken({ resource: ['https://b.example', 'https://a.example'], scope: 'a' });
    expect([...new URLSearchParams(fake.last.body)]).toEqual([
      ['grant_type', 'client_credentials'],
      ['resource', 'https://a.example'],
      ['resource', 'https://b.example'],
      ['scope', 'a'],
    ]);
  });

  it('may name no lifetime: the token is used for a minute', async () => {
    endpoint = () => json({ access_token: `token-${fake.sent.length}`, token_type: 'Bearer' });
    const tokens = client();
    const first = await tokens.getToken(LOGS);
    clock.advance(40);
    expect(await tokens.getToken(LOGS)).toBe(first);
    clock.advance(20);
    expect(await tokens.getToken(LOGS)).not.toBe(first);
  });
});

describe('POST /token', () => {
  it('receives the subject, the claims and the lifetime', async () => {
    endpoint = () => json({ token: 'a.b.c', token_type: 'Bearer', expires_in: 60 });
    const tokens = client({ discover: undefined });
    await tokens.getToken({ ...LOGS, subject: 'user-42', claims: { team: 'a' }, expiresIn: 60, scope: 'x' });
    expect(fake.last.url).toBe(`${ISSUER}/token`);
    expect(JSON.parse(fake.last.body)).toEqual({
      sub: 'user-42',
      aud: 'logging-service',
      scope: 'x',
      claims: { team: 'a' },
      expires_in: 60,
    });
  });

  it('receives the client as the subject if there is no other', async () => {
    endpoint = () => json({ token: 'a.b.c', token_type: 'Bearer', expires_in: 60 });
    await client({ discover: undefined }).getToken({ ...LOGS, expiresIn: 60 });
    expect(JSON.parse(fake.last.body)).toEqual({ sub: 'careergpt', aud: 'logging-service', expires_in: 60 });
  });
});
