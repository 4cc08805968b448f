import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { freePort } from './free-port.js';
import { makeClientKey } from './client-assertion.js';

/** The part of `oidc-provider`, which has no declarations, that the tests use. */
interface ProviderModule {
  readonly default: new (
    issuer: string,
    configuration: object,
  ) => {
    callback(): RequestListener;
  };
}

/** The secret of its clients `basic` and `post`. */
export const OTHER_SECRET = 'a-client-secret-of-the-other-issuer';

/** The key of its client `key`. */
export const OTHER_KEY = makeClientKey('ES256');

const client = (id: string, method: string, credentials: object): object => ({
  client_id: id,
  token_endpoint_auth_method: method,
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  ...credentials,
});

const CONFIGURATION = {
  clients: [
    client('basic', 'client_secret_basic', { client_secret: OTHER_SECRET }),
    client('post', 'client_secret_post', { client_secret: OTHER_SECRET }),
    client('key', 'private_key_jwt', { jwks: { keys: [OTHER_KEY.jwk] } }),
  ],
  cookies: { keys: ['not-used'] },
  scopes: ['logs:write'],
  ttl: { ClientCredentials: 600 },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context: unknown, resource: string) => ({
        scope: 'logs:write',
        audience: resource,
        accessTokenTTL: 600,
        accessTokenFormat: 'jwt',
      }),
    },
  },
};

/** An OAuth issuer of which this project wrote nothing, on a free port of this machine. */
export class OtherIssuer {
  private constructor(
    readonly issuer: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<OtherIssuer> {
    // As a variable, because the package has no declarations.
    const name: string = 'oidc-provider';
    const { default: Provider } = (await import(name)) as ProviderModule;
    const port = await freePort();
    const issuer = `http://127.0.0.1:${port}`;
    const key = makeClientKey('RS256').privateKey.export({ format: 'jwk' });
    const provider = new Provider(issuer, { ...CONFIGURATION, jwks: { keys: [{ ...key, use: 'sig' }] } });
    const server = createServer(provider.callback()).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new OtherIssuer(issuer, server);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
