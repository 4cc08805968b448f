import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TokenClient, type TokenClientOptions } from '../../../src/token-client/index.js';
import { readToken } from '../../support/hand-made-token.js';
import { OTHER_KEY, OTHER_SECRET, OtherIssuer } from '../../support/other-issuer.js';

const RESOURCE = 'https://logs.example.com';

let other: OtherIssuer;
beforeAll(async () => {
  other = await OtherIssuer.start();
});
afterAll(() => other.stop());

const client = (options: Partial<TokenClientOptions>): TokenClient =>
  new TokenClient({ issuerUrl: other.issuer, discover: true, ...options });

describe('TokenClient with oidc-provider', () => {
  it.each<[string, () => Partial<TokenClientOptions>]>([
    ['client_secret_basic', () => ({ clientId: 'basic', clientSecret: OTHER_SECRET })],
    [
      'client_secret_post',
      () => ({ clientId: 'post', clientSecret: OTHER_SECRET, clientAuthentication: 'client_secret_post' }),
    ],
    ['private_key_jwt', () => ({ clientId: 'key', privateKey: OTHER_KEY.privateKey })],
    [
      'private_key_jwt at an explicit token endpoint',
      () => ({
        clientId: 'key',
        privateKey: OTHER_KEY.privateKey,
        discover: false,
        tokenEndpoint: `${other.issuer}/token`,
      }),
    ],
  ])('gets a token for a resource by %s', async (_name, options) => {
    const tokens = client(options());
    const token = await tokens.getToken({ resource: RESOURCE, scope: 'logs:write' });
    expect(readToken(token).claims).toMatchObject({
      iss: other.issuer,
      aud: RESOURCE,
      scope: 'logs:write',
      client_id: options().clientId,
    });
    expect(await tokens.getToken({ scope: 'logs:write', resource: [RESOURCE] })).toBe(token);
  });

  it('gets an opaque token for a scope alone', async () => {
    const token = await client({ clientId: 'basic', clientSecret: OTHER_SECRET }).getToken({
      scope: 'logs:write',
    });
    expect(token).toMatch(/^[\w-]{40,}$/);
  });

  it('rejects with the code of the issuer, without the secret', async () => {
    const refused = client({ clientId: 'basic', clientSecret: 'marker' }).getToken({ scope: 'logs:write' });
    const error: unknown = await refused.catch((cause: unknown) => cause);
    expect(error).toMatchObject({ name: 'TokenUnavailableError', status: 401, code: 'invalid_client' });
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toMatch(/marker|Basic/);
  });

  it('refuses the metadata of an issuer that differs by a slash', async () => {
    const tokens = client({ issuerUrl: `${other.issuer}/`, clientId: 'basic', clientSecret: OTHER_SECRET });
    await expect(tokens.getToken({ scope: 'logs:write' })).rejects.toThrow(/that of another issuer/);
  });
});
