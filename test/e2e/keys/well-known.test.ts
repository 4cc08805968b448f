import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { makeClient } from '../../support/clients.js';
import { rotateAll } from '../../support/key-administration.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { type Answer, RunningApp } from '../../support/running-app.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

const JWKS = '/.well-known/jwks.json';
const METADATA = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

const BASE_PATH = '/identity-backend';

let service: RunningApp;
let issuer: string;
beforeAll(async () => {
  // The issuer names the address, which is known once the service listens: a first one finds a free port.
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

const keysOf = ({ body }: Answer): Record<string, unknown>[] => body['keys'] as Record<string, unknown>[];

describe('GET /.well-known/jwks.json, under a base path', () => {
  it('holds the public keys of every algorithm in force, and no shared secret', async () => {
    const answer = await service.get(JWKS);
    const shown = keysOf(answer).map(({ kty, alg, use }) => [kty, alg, use]);
    expect(shown.sort()).toEqual([
      ['EC', 'ES256', 'sig'],
      ['EC', 'ES256', 'sig'],
      ['OKP', 'EdDSA', 'sig'],
      ['OKP', 'EdDSA', 'sig'],
    ]);
    expect(answer.text).not.toMatch(/"oct"|"k":|"d":/);
    for (const secret of [SECRET, PREVIOUS_SECRET]) {
      expect(answer.text).not.toContain(secret);
      expect(answer.text).not.toContain(Buffer.from(secret).toString('base64url'));
    }
  });

  it('is nowhere else', async () => {
    expect((await fetch(service.origin + JWKS)).status).toBe(404);
  });

  it.each([
    ['its tag', (tag: string) => tag],
    ['its tag as a weak one, which caches make of it', (tag: string) => `W/${tag}`],
    ['its tag among others', (tag: string) => `"a" ,W/"b",  ${tag}  , "c"`],
    ['any tag', () => '*'],
  ])('answers 304 without a body to %s', async (_name, named) => {
    const { headers } = await service.get(JWKS);
    const tag = headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]+"$/);
    const again = await service.get(JWKS, { 'if-none-match': named(tag) });
    expect({ status: again.status, text: again.text, tag: again.headers.get('etag') }).toEqual({
      status: 304,
      text: '',
      tag,
    });
    // A cache that asks again may keep the set for as long once more (RFC 9110 §15.4.5).
    expect(again.headers.get('cache-control')).toBe('public, max-age=300');
  });

  it.each(['"another"', '', 'x', `"a${' '.repeat(8_000)}b"`])('answers 200 to %j', async (other) => {
    const { status, body } = await service.get(JWKS, { 'if-none-match': other });
    expect({ status, keys: body['keys'] }).toEqual({ status: 200, keys: expect.any(Array) });
  });

  it('has another tag once a key was replaced', async () => {
    const before = (await service.get(JWKS)).headers.get('etag') ?? '';
    await rotateAll(service, true);
    const after = await service.get(JWKS, { 'if-none-match': before });
    expect(after.status).toBe(200);
    expect(after.headers.get('etag')).not.toBe(before);
  });
});

describe('the metadata, under a base path', () => {
  it.each(METADATA)('%s names each address under the issuer, and each answers', async (path) => {
    const { status, body, headers } = await service.get(path);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(body).toMatchObject({
      issuer,
      jwks_uri: `${issuer}${JWKS}`,
      token_endpoint: `${issuer}/oauth2/token`,
      introspection_endpoint: `${issuer}/oauth2/introspect`,
      revocation_endpoint: `${issuer}/oauth2/revoke`,
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      id_token_signing_alg_values_supported: ['HS256', 'ES256', 'EdDSA'],
    });
    expect((await fetch(String(body['jwks_uri']))).status).toBe(200);
    for (const name of ['token', 'introspection', 'revocation']) {
      const answer = await fetch(String(body[`${name}_endpoint`]), {
        method: 'POST',
        body: new URLSearchParams({}),
      });
      expect([name, answer.status]).toEqual([name, name === 'token' ? 400 : 401]);
    }
  });

  it.each([
    ['oidc', 'http://127.0.0.1/identity-backend/.well-known/openid-configuration'],
    ['oauth2', 'http://127.0.0.1/.well-known/oauth-authorization-server/identity-backend'],
  ] as const)('is fetched by oauth4webapi as %s at a URL of its kind', async (algorithm, address) => {
    const asked: string[] = [];
    const answer = await oauth.discoveryRequest(new URL(issuer), {
      algorithm,
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- so that it is not used against a real service
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: (url) => {
        asked.push(url.replace(/:\d+/, ''));
        // Under a path, RFC 8414 §3.1 asks outside of the service: a proxy hands it the copy under the path.
        return service.get(METADATA[1] ?? '').then(({ text, headers }) => new Response(text, { headers }));
      },
    });
    expect(asked).toEqual([address]);
    const server = await oauth.processDiscoveryResponse(new URL(issuer), answer);
    expect(server.token_endpoint).toBe(`${issuer}/oauth2/token`);
  });

  it('lets openid-client discover the service and get a token by what it found', async () => {
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

describe('without a matching issuer there is no discovery', () => {
  it.each([
    ['identity-backend', '', /JWT_ISSUER is not an http or https URL$/],
    ['ftp://id.example.com', '', /JWT_ISSUER is not an http or https URL$/],
    ['https://id.example.com', '/base', /the path of JWT_ISSUER is not BASE_PATH$/],
    ['https://id.example.com/other', '/base', /the path of JWT_ISSUER is not BASE_PATH$/],
    ['https://id.example.com/?', '', /the path of JWT_ISSUER is not BASE_PATH$/],
    ['https://id.example.com/#', '', /the path of JWT_ISSUER is not BASE_PATH$/],
  ])('issuer %j, base path %j', async (other, basePath, words) => {
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
