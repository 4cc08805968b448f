import { authenticate, basicHeader } from './client-authentication.js';
import type { ClientSettings } from './client-settings.js';
import { TokenEndpoint } from './token-endpoint.js';
import type { RequestedToken } from './token-target.js';

/** A request for a token. */
export interface TokenRequest {
  readonly address: string;
  readonly init: RequestInit;
}

/** A route at which the issuer issues tokens: its requests, and the fields of its responses. */
export interface TokenRoute {
  /** @throws {RemoteFailure} if the URL of the route cannot be discovered */
  request(target: RequestedToken): Promise<TokenRequest>;
  /** Is called after a failure of the issuer. */
  failed(): void;
  /** The field of a success response that contains the token. */
  readonly tokenField: string;
  /** The field of any other response that contains the reason, for programs. */
  readonly codeField: string;
  /** The lifetime of a token whose response has none, in seconds; `undefined` if it must have one. */
  readonly defaultLifetimeSeconds: number | undefined;
}

/**
 * The lifetime that is assumed if an OAuth issuer names none, in seconds. `expires_in` is only recommended
 * (RFC 6749 §5.1). A short lifetime costs a request each minute; a long one would cost refused requests.
 */
const ASSUMED_LIFETIME_SECONDS = 60;

/** The routes of an issuer, by their path under the URL of an identity-backend. */
export function tokenRoutes(settings: ClientSettings): Readonly<Record<RequestedToken['route'], TokenRoute>> {
  return { token: jsonRoute(settings), 'oauth2/token': oauthRoute(settings) };
}

/** A token endpoint with client credentials (RFC 6749 §4.4.2). */
function oauthRoute(settings: ClientSettings): TokenRoute {
  const { credentials, clock, isForeign } = settings;
  const endpoint = new TokenEndpoint(settings);
  return {
    request: async (target) => {
      const found = await endpoint.get();
      const { headers, parameters } = await authenticate(credentials, found, clock.now());
      const body = new URLSearchParams({ grant_type: 'client_credentials', ...parameters });
      if (target.audience !== undefined) body.set('audience', target.audience);
      for (const resource of target.resources) body.append('resource', resource);
      if (target.scope !== undefined) body.set('scope', target.scope);
      return {
        address: found.address,
        init: { method: 'POST', headers: { accept: 'application/json', ...headers }, body },
      };
    },
    failed: () => endpoint.forget(),
    tokenField: 'access_token',
    codeField: 'error',
    defaultLifetimeSeconds: isForeign ? ASSUMED_LIFETIME_SECONDS : undefined,
  };
}

/** `POST /token`. */
function jsonRoute({ issuerUrl, credentials, subject }: ClientSettings): TokenRoute {
  const init = (target: RequestedToken): RequestInit => ({
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json', ...basicHeader(credentials) },
    // JSON omits what is undefined.
    body: JSON.stringify({
      sub: target.subject ?? subject ?? credentials?.clientId,
      aud: target.audience,
      scope: target.scope,
      claims: target.claims,
      expires_in: target.expiresIn,
    }),
  });
  return {
    request: (target) => Promise.resolve({ address: `${issuerUrl}/token`, init: init(target) }),
    failed: () => undefined,
    tokenField: 'token',
    codeField: 'code',
    defaultLifetimeSeconds: undefined,
  };
}
