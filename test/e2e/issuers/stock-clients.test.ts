import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as mcp from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { freePort } from '../../support/free-port.js';
import { MovedClock } from '../../support/moved-clock.js';
import { OutsideIssuer, trustIssuer } from '../../support/outside-issuer.js';
import { pythonWith } from '../../support/python.js';
import { RunningApp } from '../../support/running-app.js';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const SCRIPT = fileURLToPath(new URL('../../python/federated_clients.py', import.meta.url));
const scope = 'logs:write';

const ci = new OutsideIssuer('ci');
const idp = new OutsideIssuer('idp');

let service: RunningApp;
let issuer: string;
let portal: TestClient;
let resource: Listener;
let jag: OutsideIssuer;
let jagServer: Listener;

/** A server of this test, for MCP clients. */
interface Listener {
  readonly server: Server;
  readonly origin: string;
}

async function listen(listener: RequestListener): Promise<Listener> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const respond =
  (answers: (path: string) => object | undefined): RequestListener =>
  ({ url = '' }, response) => {
    const answer = answers(url);
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  };

/** The libraries use the clock of the machine. */
const times = (): object => {
  const iat = Math.floor(Date.now() / 1000);
  return { iat, exp: iat + 300 };
};
const workload = (): string => ci.token({ ...times(), sub: 'job:1', aud: issuer });
const user = (): string => idp.token({ ...times(), sub: 'alice', aud: issuer });

/** An MCP server, as much as these clients need, and an IdP that issues ID-JAGs by token exchange. */
async function startOthers(): Promise<void> {
  resource = await listen(
    respond((path) =>
      path.startsWith('/.well-known/oauth-protected-resource')
        ? { resource: `${resource.origin}/mcp`, authorization_servers: [issuer] }
        : undefined,
    ),
  );
  jagServer = await listen(
    respond((path) => {
      const { origin } = jagServer;
      if (path.startsWith('/.well-known/')) {
        return {
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          response_types_supported: ['code'],
        };
      }
      const claims = {
        sub: 'alice',
        aud: issuer,
        client_id: 'portal',
        resource: `${resource.origin}/mcp`,
        scope,
      };
      return {
        issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
        access_token: jag.token({ ...times(), ...claims }, { header: { typ: 'oauth-id-jag+jwt' } }),
        token_type: 'N_A',
        expires_in: 300,
        scope,
      };
    }),
  );
  jag = new OutsideIssuer('jag', jagServer.origin);
}

beforeAll(async () => {
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  service = await RunningApp.start({ issuer, port }, new MovedClock(Math.floor(Date.now() / 1000)));
  await startOthers();
  const administrator = await Administrator.of(service);
  await trustIssuer(service, administrator, ci.entry({ uses: ['client_authentication'] }));
  await trustIssuer(service, administrator, idp.entry({ uses: ['jwt_bearer'] }));
  await trustIssuer(service, administrator, jag.entry({ uses: ['jwt_bearer'], id_jag: true }));
  await makeClient(service, 'worker', {
    audiences: ['logging-service'],
    scopes: [scope],
    grant_types: ['client_credentials', JWT_BEARER],
    workload_grant: true,
    federated_credentials: [{ issuer: 'ci', subject: 'job:1' }],
    token_endpoint_auth_methods: ['federated'],
  });
  portal = await makeClient(service, 'portal', {
    audiences: [`${resource.origin}/mcp`],
    scopes: [scope],
    grant_types: [JWT_BEARER],
    jwt_bearer: { issuers: ['idp', 'jag'] },
  });
});
beforeEach(() => service.clock.set(Date.now() / 1000));
afterAll(async () => {
  for (const { server } of [resource, jagServer]) {
    server.close();
    server.closeAllConnections();
  }
  await service.stop();
});

/** Client authentication with the token of a platform, which no library has under a name of its own. */
const federated = (_server: unknown, _client: unknown, body: URLSearchParams): void => {
  body.set('client_assertion_type', ASSERTION_TYPE);
  body.set('client_assertion', workload());
};

const WORKER = { sub: 'worker', client_id: 'worker', aud: 'logging-service', scope };
const userToken = (entry: string): object => ({
  sub: `${entry}:alice`,
  client_id: 'portal',
  act: { sub: 'portal' },
  aud: `${resource.origin}/mcp`,
  scope,
});

describe('openid-client', () => {
  async function configured(clientId: string, method: openid.ClientAuth): Promise<openid.Configuration> {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- so that it is not used against a real service
    const execute = [openid.allowInsecureRequests];
    return openid.discovery(new URL(issuer), clientId, {}, method, { execute });
  }

  it('discovers both grants', async () => {
    const configuration = await configured('worker', federated);
    expect(configuration.serverMetadata().grant_types_supported).toEqual(
      expect.arrayContaining(['client_credentials', JWT_BEARER]),
    );
  });

  it('authenticates with the token of a platform, also to introspect and revoke', async () => {
    const configuration = await configured('worker', federated);
    const { access_token } = await openid.clientCredentialsGrant(configuration, { scope });
    expect(decodeJwt(access_token)).toMatchObject(WORKER);
    expect(await openid.tokenIntrospection(configuration, access_token)).toMatchObject({ active: true });
    await openid.tokenRevocation(configuration, access_token);
    expect(await openid.tokenIntrospection(configuration, access_token)).toEqual({ active: false });
  });

  it('sends the token of a platform as the grant', async () => {
    const configuration = await configured('worker', openid.None());
    const parameters = { scope, assertion: workload() };
    const { access_token } = await openid.genericGrantRequest(configuration, JWT_BEARER, parameters);
    expect(decodeJwt(access_token)).toMatchObject(WORKER);
  });

  it('sends an assertion about a user', async () => {
    const configuration = await configured('portal', openid.ClientSecretBasic(portal.secret));
    const parameters = { scope, assertion: user(), resource: `${resource.origin}/mcp` };
    const { access_token } = await openid.genericGrantRequest(configuration, JWT_BEARER, parameters);
    expect(decodeJwt(access_token)).toMatchObject(userToken('idp'));
  });
});

describe('oauth4webapi', () => {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- so that it is not used against a real service
  const insecure = { [oauth.allowInsecureRequests]: true };

  it.each<[string, () => [string, oauth.ClientAuth, string, Record<string, string>, object]]>([
    [
      'authenticates with the token of a platform',
      () => ['worker', federated, 'client_credentials', { scope }, WORKER],
    ],
    [
      'sends the token of a platform as the grant',
      () => ['worker', oauth.None(), JWT_BEARER, { scope, assertion: workload() }, WORKER],
    ],
    [
      'sends an assertion about a user',
      () => [
        'portal',
        oauth.ClientSecretPost(portal.secret),
        JWT_BEARER,
        { scope, assertion: user() },
        userToken('idp'),
      ],
    ],
  ])('%s', async (_name, parameters) => {
    const [client_id, method, grantType, body, expected] = parameters();
    const discovered = await oauth.discoveryRequest(new URL(issuer), insecure);
    const server = await oauth.processDiscoveryResponse(new URL(issuer), discovered);
    const client = { client_id };
    const response = await oauth.genericTokenEndpointRequest(
      server,
      client,
      method,
      grantType,
      body,
      insecure,
    );
    const { access_token } = await oauth.processGenericTokenEndpointResponse(server, client, response);
    expect(decodeJwt(access_token)).toMatchObject(expected);
  });
});

describe('the MCP client', () => {
  const requested = () => ({
    idpUrl: jagServer.origin,
    audience: issuer,
    resource: `${resource.origin}/mcp`,
    idToken: 'the ID token of the user',
    clientId: 'portal-at-the-idp',
    scope,
  });

  it('exchanges an ID-JAG of the IdP', async () => {
    const { jwtAuthGrant } = await mcp.discoverAndRequestJwtAuthGrant(requested());
    const grant = { tokenEndpoint: `${issuer}/oauth2/token`, jwtAuthGrant, clientId: 'portal' };
    const { access_token } = await mcp.exchangeJwtAuthGrant({ ...grant, clientSecret: portal.secret });
    expect(decodeJwt(access_token)).toMatchObject(userToken('jag'));
    await expect(mcp.exchangeJwtAuthGrant({ ...grant, clientSecret: portal.secret })).rejects.toThrow(
      'invalid_grant',
    );
  });

  it('gets access across applications', async () => {
    const provider = new mcp.CrossAppAccessProvider({
      clientId: 'portal',
      clientSecret: portal.secret,
      expectedIssuer: issuer,
      assertion: async ({ authorizationServerUrl, resourceUrl, fetchFn }) => {
        const { origin } = jagServer;
        const { jwtAuthGrant } = await mcp.requestJwtAuthorizationGrant({
          ...requested(),
          tokenEndpoint: `${origin}/token`,
          audience: authorizationServerUrl,
          resource: resourceUrl,
          fetchFn,
        });
        return jwtAuthGrant;
      },
    });
    expect(await mcp.auth(provider, { serverUrl: `${resource.origin}/mcp` })).toBe('AUTHORIZED');
    expect(decodeJwt(provider.tokens()?.access_token ?? '')).toMatchObject(userToken('jag'));
  });
});

const python = pythonWith('authlib.integrations.requests_client');
if (python === undefined) process.stderr.write('Left out, Authlib: no python3 has authlib and requests\n');

(python === undefined ? describe.skip : describe)('Authlib', () => {
  it('uses tokens of outside issuers in each way', async () => {
    const child = spawn(String(python), [SCRIPT], { env: { ...process.env, NO_PROXY: '127.0.0.1' } });
    const ended = once(child, 'close') as Promise<[number]>;
    const given = {
      origin: service.origin,
      audience: issuer,
      assertion: workload(),
      user_assertion: user(),
      client_id: portal.id,
      client_secret: portal.secret,
      issuer: ci.issuer,
      subject: 'job:1',
      private_key: ci.key.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      key_id: ci.key.jwk['kid'],
    };
    child.stdin.end(JSON.stringify(given));
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [status] = await ended;
    expect([status, errors]).toEqual([0, '']);
    const answer = { token_type: 'Bearer', scope };
    expect(
      output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toEqual([
      { ...answer, way: 'client assertion', active: true },
      { ...answer, way: 'jwt-bearer for a user', active: true },
      { ...answer, way: 'workload grant', active: null },
    ]);
  }, 30_000);
});
