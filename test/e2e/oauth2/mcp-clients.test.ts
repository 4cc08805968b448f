import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as client from '@modelcontextprotocol/client';
import * as extensions from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import * as sdk from '@modelcontextprotocol/sdk/client/auth.js';
import * as schemas from '@modelcontextprotocol/sdk/shared/auth.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { makeClientKey } from '../../support/client-assertion.js';
import { makeClient } from '../../support/clients.js';
import { MovedClock } from '../../support/moved-clock.js';
import { RunningApp } from '../../support/running-app.js';

const DOCUMENTS = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'] as const;

/** As much of an MCP server as these clients need: metadata with its authorization server (RFC 9728). */
async function startResource(issuer: string): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    const isMetadata = request.url?.startsWith('/.well-known/oauth-protected-resource') === true;
    response.writeHead(isMetadata ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ resource: url, authorization_servers: [issuer] }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return { server, url };
}

/** Two packages whose clients have the same interface. */
const PACKAGES = [
  ['@modelcontextprotocol/sdk', { ...sdk, ...extensions }],
  ['@modelcontextprotocol/client', client],
] as const;

describe.each([
  ['at the root', '', ''],
  ['at the root, with an issuer that ends in a slash', '', '/'],
  ['under a base path', '/identity-backend', ''],
])('MCP clients of a service %s', (_name, basePath, slash) => {
  const key = makeClientKey('ES256');
  let service: RunningApp;
  let issuer: string;
  let resource: { readonly server: Server; readonly url: string };
  let secret: string;
  beforeAll(async () => {
    const first = await RunningApp.start();
    const port = Number(new URL(first.origin).port);
    await first.stop();
    issuer = `http://127.0.0.1:${port}${basePath}${slash}`;
    // These clients use the clock of the machine.
    const clock = new MovedClock(Math.floor(Date.now() / 1000));
    service = await RunningApp.start({ basePath, issuer, port }, clock);
    resource = await startResource(issuer);
    ({ secret } = await makeClient(service, 'mcp', {
      audiences: [resource.url],
      jwks: { keys: [key.jwk] },
    }));
  });
  afterAll(async () => {
    resource.server.close();
    await service.stop();
  });

  it.each(DOCUMENTS)('accept %s', async (path) => {
    const { body } = await service.get(path);
    expect(() => schemas.OAuthMetadataSchema.parse(body)).not.toThrow();
    expect(() => schemas.OpenIdProviderDiscoveryMetadataSchema.parse(body)).not.toThrow();
  });

  it.each(PACKAGES)(
    'discover the metadata: %s',
    async (_package, { discoverAuthorizationServerMetadata }) => {
      expect(await discoverAuthorizationServerMetadata(issuer)).toMatchObject({
        issuer,
        token_endpoint: `${issuer.replace(/\/$/, '')}/oauth2/token`,
      });
    },
  );

  it.each(PACKAGES)(
    'get a token with a secret: %s',
    async (_package, { auth, ClientCredentialsProvider }) => {
      const provider = new ClientCredentialsProvider({
        clientId: 'mcp',
        clientSecret: secret,
        expectedIssuer: issuer,
      });
      expect(await auth(provider, { serverUrl: resource.url })).toBe('AUTHORIZED');
      expect(decodeJwt(provider.tokens()?.access_token ?? '')).toMatchObject({
        iss: issuer,
        sub: 'mcp',
        aud: resource.url,
      });
    },
  );

  it.each(PACKAGES)('get a token with a key: %s', async (_package, { auth, PrivateKeyJwtProvider }) => {
    const provider = new PrivateKeyJwtProvider({
      clientId: 'mcp',
      privateKey: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      algorithm: 'ES256',
      expectedIssuer: issuer,
    });
    expect(await auth(provider, { serverUrl: resource.url })).toBe('AUTHORIZED');
    expect(decodeJwt(provider.tokens()?.access_token ?? '')).toMatchObject({ sub: 'mcp', aud: resource.url });
  });
});
