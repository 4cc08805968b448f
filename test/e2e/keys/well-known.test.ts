import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { makeClient } from '../../support/clients.js';
import { rotateAll } from '../../support/key-administration.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

const JWKS = '/.well-known/jwks.json';
const METADATA = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

const BASE_PATH = '/identity-backend';

let service: RunningApp;
let issuer: string;
beforeAll(async () => {
  // The issuer contains the port, which is known once a service listens: a first one finds a free port.
  const first = await RunningApp.start();
  const { port } = new URL(first.origin);
  await first.stop();
  issuer = `http://127.0.0.1:${port}${BASE_PATH}`;
  service = await RunningApp.start({
    basePath: BASE_PATH,
    issuer,
    port: Number(port),
    algorithms: ['HS256', 'ES256'],
    audienceAlgorithms: new Map([['reporting', ['EdDSA']]]),
    previousSecrets: [PREVIOUS_SECRET],
  });
});
afterAll(() => service.stop());

const keysOf = ({ body }: ServiceResponse): Record<string, unknown>[] =>
  body['keys'] as Record<string, unknown>[];

describe('GET /.well-known/jwks.json, under a base path', () => {
  it('returns the public keys of every algorithm in use, and no shared secret', async () => {
    const response = await service.get(JWKS);
    const shown = keysOf(response).map(({ kty, alg, use }) => [kty, alg, use]);
    expect(shown.sort()).toEqual([
      ['EC', 'ES256', 'sig'],
      ['EC', 'ES256', 'sig'],
      ['OKP', 'EdDSA', 'sig'],
      ['OKP', 'EdDSA', 'sig'],
    ]);
    expect(response.text).not.toMatch(/"oct"|"k":|"d":/);
    for (const secret of [SECRET, PREVIOUS_SECRET]) {
      expect(response.text).not.toContain(secret);
      expect(response.text).not.toContain(Buffer.from(secret).toString('base64url'));
    }
  });

  it('returns 404 outside the base path', async () => {
    expect((await fetch(service.origin + JWKS)).status).toBe(404);
  });

  it.each([
    ['its ETag', (tag: string) => tag],
    ['its ETag in weak form, as some caches send it', (tag: string) => `W/${tag}`],
    ['its ETag among others', (tag: string) => `"a" ,W/"b",  ${tag}  , "c"`],
    ['*', () => '*'],
  ])('returns 304 without a body if If-None-Match is %s', async (_name, named) => {
    const { headers } = await service.get(JWKS);
    const tag = headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]+"$/);
    const again = await service.get(JWKS, { 'if-none-match': named(tag) });
    expect({ status: again.status, text: again.text, tag: again.headers.get('etag') }).toEqual({
      status: 304,
      text: '',
      tag,
    });
    // A cache that revalidates the set may keep it for the same time again (RFC 9110 §15.4.5).
    expect(again.headers.get('cache-control')).toBe('public, max-age=300');
  });

  it.each(['"another"', '', 'x', `"a${' '.repeat(8_000)}b"`])(
    'returns 200 if If-None-Match is %j',
    async (other) => {
      const { status, body } = await service.get(JWKS, { 'if-none-match': other });
      expect({ status, keys: body['keys'] }).toEqual({ status: 200, keys: expect.any(Array) });
    },
  );

  it('returns another ETag once a key is replaced', async () => {
    const before = (await service.get(JWKS)).headers.get('etag') ?? '';
    await rotateAll(service, true);
    const after = await service.get(JWKS, { 'if-none-match': before });
    expect(after.status).toBe(200);
    expect(after.headers.get('etag')).not.toBe(before);
  });
});

describe('the metadata, under a base path', () => {
  it.each(METADATA)('%s has the URLs of all endpoints under the issuer, and each responds', async (path) => {
    const { status, body, headers } = await service.get(path);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(body).toMatchObject({
      issuer,
      jwks_uri: `${issuer}${JWKS}`,
      token_endpoint: `${issuer}/oauth2/token`,
      introspection_endpoint: `${issuer}/oauth2/introspect`,
      revocation_endpoint: `${issuer}/oauth2/revoke`,
      grant_types_supported: ['client_credentials', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
      authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
      response_types_supported: [],
      id_token_signing_alg_values_supported: ['HS256', 'ES256', 'EdDSA'],
    });
    expect((await fetch(String(body['jwks_uri']))).status).toBe(200);
    for (const name of ['token', 'introspection', 'revocation']) {
      const response = await fetch(String(body[`${name}_endpoint`]), {
        method: 'POST',
        body: new URLSearchParams({}),
      });
      expect([name, response.status]).toEqual([name, name === 'token' ? 400 : 401]);
    }
  });

  it.each([
    ['oidc', 'http://127.0.0.1/identity-backend/.well-known/openid-configuration'],
    ['oauth2', 'http://127.0.0.1/.well-known/oauth-authorization-server/identity-backend'],
  ] as const)('is fetched by oauth4webapi at the URL for %s', async (algorithm, address) => {
    const asked: string[] = [];
    const response = await oauth.discoveryRequest(new URL(issuer), {
      algorithm,
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- so that it is not used against a real service
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: (url) => {
        asked.push(url.replace(/:\d+/, ''));
        // With a path, the URL of RFC 8414 §3.1 is outside the service: a proxy maps it to the one inside.
        return service.get(METADATA[1] ?? '').then(({ text, headers }) => new Response(text, { headers }));
      },
    });
    expect(asked).toEqual([address]);
    const server = await oauth.processDiscoveryResponse(new URL(issuer), response);
    expect(server.token_endpoint).toBe(`${issuer}/oauth2/token`);
  });

  it('is enough for openid-client to discover the service and get a token', async () => {
    const { id, secret } = await makeClient(service, 'worker', { audiences: ['reporting'] });
    const config = await openid.discovery(new URL(issuer), id, secret, openid.ClientSecretBasic(secret), {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- so that it is not used against a real service
      execute: [openid.allowInsecureRequests],
    });
    const { access_token } = await openid.clientCredentialsGrant(config);
    const { jwks_uri = '' } = config.serverMetadata();
    const { payload, protectedHeader } = await jwtVerify(
      access_token,
      createRemoteJWKSet(new URL(jwks_uri)),
      { issuer, audience: 'reporting', currentDate: new Date(NEW_YEAR * 1000) },
    );
    expect({ alg: protectedHeader.alg, sub: payload.sub }).toEqual({ alg: 'EdDSA', sub: 'worker' });
    expect(await openid.tokenIntrospection(config, access_token)).toMatchObject({ active: true });
  });
});

describe('discovery without a matching issuer', () => {
  it.each([
    ['identity-backend', '', /JWT_ISSUER is not an http or https URL$/],
    ['ftp://id.example.com', '', /JWT_ISSUER is not an http or https URL$/],
    ['https://id.example.com', '/base', /the path of JWT_ISSUER is not BASE_PATH$/],
    ['https://id.example.com/other', '/base', /the path of JWT_ISSUER is not BASE_PATH$/],
    ['https://id.example.com/?', '', /the path of JWT_ISSUER is not BASE_PATH$/],
    ['https://id.example.com/#', '', /the path of JWT_ISSUER is not BASE_PATH$/],
  ])('returns 404 for the issuer %j and the base path %j', async (other, basePath, words) => {
    const without = await RunningApp.start({ issuer: other, basePath });
    for (const path of METADATA) {
      const { status, body } = await without.get(path);
      expect({ status, ...body }).toEqual({
        status: 404,
        code: 'not_found',
        error: expect.stringMatching(words),
      });
    }
    expect((await without.get(JWKS)).status).toBe(200);
    await without.stop();
  });
});
