import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type GenerateKeyPairResult } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { makeClient, type TestClient } from '../../support/clients.js';
import { readToken } from '../../support/hand-made-token.js';
import { RunningApp } from '../../support/running-app.js';

/** Both libraries are configured with it; neither uses discovery. */
const ISSUER = 'https://identity.example.com';

let service: RunningApp;
let worker: TestClient;
let key: GenerateKeyPairResult;
let server: oauth.AuthorizationServer & { readonly issuer: string };
beforeAll(async () => {
  service = await RunningApp.start({ issuer: ISSUER });
  // These libraries use the clock of the machine.
  service.clock.set(Date.now() / 1000);
  key = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(key.publicKey)), kid: 'worker-key' };
  worker = await makeClient(service, 'worker', {
    audiences: ['logging-service'],
    scopes: ['logs:write'],
    jwks: { keys: [jwk] },
  });
  server = {
    issuer: ISSUER,
    token_endpoint: `${service.origin}/oauth2/token`,
    introspection_endpoint: `${service.origin}/oauth2/introspect`,
    revocation_endpoint: `${service.origin}/oauth2/revoke`,
  };
});
afterAll(() => service.stop());

/** What both libraries export under the same names. */
interface Methods {
  readonly ClientSecretBasic: (secret: string) => openid.ClientAuth;
  readonly ClientSecretPost: (secret: string) => openid.ClientAuth;
  readonly PrivateKeyJwt: (key: oauth.CryptoKey | openid.PrivateKey) => openid.ClientAuth;
}

const METHODS: readonly (readonly [name: string, method: (library: Methods) => openid.ClientAuth])[] = [
  ['client_secret_basic', ({ ClientSecretBasic }) => ClientSecretBasic(worker.secret)],
  ['client_secret_post', ({ ClientSecretPost }) => ClientSecretPost(worker.secret)],
  ['private_key_jwt', ({ PrivateKeyJwt }) => PrivateKeyJwt(key.privateKey)],
  [
    'private_key_jwt with a kid',
    ({ PrivateKeyJwt }) => PrivateKeyJwt({ key: key.privateKey, kid: 'worker-key' }),
  ],
];

describe.each(METHODS)('openid-client with %s', (_name, method) => {
  let configuration: openid.Configuration;
  let token: string;
  beforeAll(() => {
    configuration = new openid.Configuration(server, worker.id, {}, method(openid));
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- so that it is not used against a real service
    openid.allowInsecureRequests(configuration);
  });

  it('gets a token', async () => {
    const granted = await openid.clientCredentialsGrant(configuration, { scope: 'logs:write' });
    token = granted.access_token;
    expect(granted).toMatchObject({ token_type: 'bearer', expires_in: 900, scope: 'logs:write' });
    expect(readToken(token).claims).toMatchObject({ iss: ISSUER, sub: 'worker', client_id: 'worker' });
  });

  it('introspects the token', async () => {
    expect(await openid.tokenIntrospection(configuration, token)).toMatchObject({
      active: true,
      client_id: 'worker',
      scope: 'logs:write',
    });
  });

  it('revokes the token, repeatedly', async () => {
    await openid.tokenRevocation(configuration, token);
    await openid.tokenRevocation(configuration, token, { token_type_hint: 'access_token' });
    expect(await openid.tokenIntrospection(configuration, token)).toEqual({ active: false });
    expect((await service.verify(token)).body['code']).toBe('token_revoked');
  });
});

describe.each(METHODS)('oauth4webapi with %s', (_name, method) => {
  const client: oauth.Client = { client_id: 'worker' };
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- so that it is not used against a real service
  const options = { [oauth.allowInsecureRequests]: true };
  let token: string;

  it('gets a token', async () => {
    const parameters = { audience: 'logging-service', scope: 'logs:write' };
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      method(oauth),
      parameters,
      options,
    );
    const granted = await oauth.processClientCredentialsResponse(server, client, response);
    token = granted.access_token;
    expect(granted).toMatchObject({ token_type: 'bearer', expires_in: 900, scope: 'logs:write' });
  });

  const introspection = async (): Promise<oauth.IntrospectionResponse> => {
    const response = await oauth.introspectionRequest(server, client, method(oauth), token, options);
    return oauth.processIntrospectionResponse(server, client, response);
  };

  it('introspects the token', async () => {
    expect(await introspection()).toMatchObject({ active: true, iss: ISSUER, client_id: 'worker' });
  });

  it('revokes the token', async () => {
    const response = await oauth.revocationRequest(server, client, method(oauth), token, options);
    await oauth.processRevocationResponse(response);
    expect(await introspection()).toEqual({ active: false });
  });

  it('reads the error of a rejected request', async () => {
    const parameters = { audience: 'elsewhere' };
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      method(oauth),
      parameters,
      options,
    );
    await expect(oauth.processClientCredentialsResponse(server, client, response)).rejects.toMatchObject({
      error: 'invalid_target',
      status: 400,
    });
  });
});

describe('with an unregistered key', () => {
  it('openid-client gets invalid_client', async () => {
    const other = await generateKeyPair('ES256');
    const configuration = new openid.Configuration(
      server,
      worker.id,
      {},
      openid.PrivateKeyJwt(other.privateKey),
    );
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- so that it is not used against a real service
    openid.allowInsecureRequests(configuration);
    await expect(openid.clientCredentialsGrant(configuration)).rejects.toMatchObject({
      error: 'invalid_client',
      status: 401,
    });
  });
});
