/**
 * `oidc-provider`, the OpenID Connect server for Node, in memory: client_credentials with an HS256 JWT if a
 * resource is requested, opaque tokens otherwise, and introspection of the latter. It has no log and no
 * metrics.
 */
import { createHash } from 'node:crypto';
import Provider from 'oidc-provider';

const { JWT_SECRET_KEY = '', PORT, CLIENT_ID = '', CLIENT_SECRET = '' } = process.env;
const key = createHash('sha256').update(JWT_SECRET_KEY).digest();

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [
    {
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => [],
      getResourceServerInfo: () => ({
        scope: '',
        audience: 'logging-service',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 900,
        jwt: { sign: { alg: 'HS256', key } },
      }),
    },
  },
});

provider.use((context, next) => {
  if (context.path !== '/ping') return next();
  context.body = 'OK';
  return undefined;
});
provider.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit());
