import * as client from '@modelcontextprotocol/client';
import * as extensions from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { makeClientKey } from '../../support/client-assertion.js';
import { makeClient } from '../../support/clients.js';
import { freePort } from '../../support/free-port.js';
import { SERVERS } from '../../support/host-app.js';
import { syncKeys } from '../../support/key-administration.js';
import { MovedClock } from '../../support/moved-clock.js';
import { RunningApp } from '../../support/running-app.js';
import { McpHost, SCOPE } from './mcp-host.js';

/** A client that is connected to an MCP server. */
interface Connected {
  listTools(): Promise<{ readonly tools: readonly { readonly name: string }[] }>;
  callTool(call: { name: string }): Promise<object>;
  close(): Promise<void>;
}

type Provider = extensions.ClientCredentialsProvider | extensions.PrivateKeyJwtProvider;

/** Connects to a server; the client knows its URL and its own credentials, and discovers the rest. */
type Connect = (url: string, provider: Provider) => Promise<Connected>;

const ABOUT = { name: 'test', version: '1.0.0' };
const connectSdk: Connect = async (url, authProvider) => {
  const connected = new Client(ABOUT);
  await connected.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }));
  return connected;
};
const connectClient: Connect = async (url, provider) => {
  const authProvider = provider as client.OAuthClientProvider;
  const connected = new client.Client(ABOUT);
  await connected.connect(new client.StreamableHTTPClientTransport(new URL(url), { authProvider }));
  return connected;
};

/** With these grants, the older package requests the scope of its provider only, whatever the challenge says. */
const PACKAGES = [
  ['@modelcontextprotocol/sdk', connectSdk, { ...extensions, scope: SCOPE }],
  ['@modelcontextprotocol/client', connectClient, { ...client, scope: undefined }],
] as const;

const PLACES = [
  ['an MCP server at the root, an issuer at the root', '', ''],
  ['an MCP server under a path, an issuer at the root', '/mcp', ''],
  ['an MCP server at the root, an issuer under a base path', '', '/identity-backend'],
  ['an MCP server under a path, an issuer under a base path', '/tools/mcp', '/identity-backend'],
] as const;

describe.each(SERVERS.flatMap((server) => PLACES.map((place) => [server, ...place] as const)))(
  'on %s, %s: stock clients',
  (server, _place, path, basePath) => {
    const key = makeClientKey('ES256');
    let service: RunningApp;
    let host: McpHost;
    let resource: string;
    let secret: string;

    beforeAll(async () => {
      const [port, mcpPort] = [await freePort(), await freePort()];
      const issuer = `http://127.0.0.1:${port}${basePath}`;
      resource = `http://127.0.0.1:${mcpPort}${path}`;
      // These clients use the clock of the machine.
      const clock = new MovedClock(Math.floor(Date.now() / 1000));
      service = await RunningApp.start({ basePath, issuer, port, algorithms: ['ES256'] }, clock);
      ({ secret } = await makeClient(service, 'agent', {
        audiences: [resource],
        scopes: [SCOPE],
        jwks: { keys: [key.jwk] },
      }));
      await syncKeys(service);
      host = await McpHost.start(server, resource, {
        issuer,
        audience: resource,
        discover: true,
        clock,
        scopes: [SCOPE],
      });
    });
    afterAll(async () => {
      await host.stop();
      await service.stop();
    });

    const expectTools = async (connected: Connected): Promise<void> => {
      expect((await connected.listTools()).tools.map(({ name }) => name)).toEqual(['whoami']);
      expect(await connected.callTool({ name: 'whoami' })).toMatchObject({
        content: [{ type: 'text', text: 'agent' }],
      });
      await connected.close();
    };
    const claimsOf = (provider: Provider): unknown => decodeJwt(provider.tokens()?.access_token ?? '');

    it.each(PACKAGES)(
      'of %s list and call a tool, with a secret',
      async (_package, connect, { ClientCredentialsProvider, scope }) => {
        const provider = new ClientCredentialsProvider({
          clientId: 'agent',
          clientSecret: secret,
          expectedIssuer: service.issuer,
          ...(scope !== undefined && { scope }),
        }) as Provider;
        await expectTools(await connect(resource, provider));
        expect(claimsOf(provider)).toMatchObject({ iss: service.issuer, aud: resource, scope: SCOPE });
      },
    );

    it.each(PACKAGES)(
      'of %s list and call a tool, with a private key',
      async (_package, connect, { PrivateKeyJwtProvider, scope }) => {
        const provider = new PrivateKeyJwtProvider({
          clientId: 'agent',
          privateKey: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
          algorithm: 'ES256',
          expectedIssuer: service.issuer,
          ...(scope !== undefined && { scope }),
        }) as Provider;
        await expectTools(await connect(resource, provider));
        expect(claimsOf(provider)).toMatchObject({ aud: resource, sub: 'agent', scope: SCOPE });
      },
    );

    it.each(PACKAGES)(
      'of %s request the scope that a 403 names',
      async (_package, connect, { ClientCredentialsProvider, scope }) => {
        const provider = new ClientCredentialsProvider({
          clientId: 'agent',
          clientSecret: secret,
          expectedIssuer: service.issuer,
          ...(scope !== undefined && { scope }),
        }) as Provider;
        const credentials = { client_id: 'agent', client_secret: secret };
        const form = { grant_type: 'client_credentials', resource, ...credentials };
        const { body } = await service.form('/oauth2/token', form);
        provider.saveTokens({ access_token: body['access_token'] as string, token_type: 'Bearer' });
        expect(claimsOf(provider)).not.toHaveProperty('scope');
        await expectTools(await connect(resource, provider));
        expect(claimsOf(provider)).toMatchObject({ scope: SCOPE });
      },
    );

    it.each(PACKAGES)(
      'of %s are refused with a wrong secret',
      async (_package, connect, { ClientCredentialsProvider, scope }) => {
        const provider = new ClientCredentialsProvider({
          clientId: 'agent',
          clientSecret: `${secret}x`,
          expectedIssuer: service.issuer,
          ...(scope !== undefined && { scope }),
        }) as Provider;
        await expect(connect(resource, provider)).rejects.toThrow();
        expect(provider.tokens()).toBeUndefined();
      },
    );
  },
);
