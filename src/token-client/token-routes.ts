import { basicAuthorization } from '../http-client/basic-authorization.js';
import type { ClientCredentials, ClientSettings } from './client-settings.js';
import type { TokenTarget } from './token-client-options.js';

/** A route at which the issuer issues tokens: its requests, and the fields of its responses. */
export interface TokenRoute {
  readonly address: string;
  request(target: TokenTarget): RequestInit;
  /** The field of a success response that contains the token. */
  readonly tokenField: string;
  /** The field of any other response that contains the reason, for programs. */
  readonly codeField: string;
}

/**
 * Chooses the route: the JSON route takes the subject of a token; with client credentials, the subject is the
 * client.
 */
export function tokenRoute(settings: ClientSettings): TokenRoute {
  return settings.subject === undefined ? oauthRoute(settings) : jsonRoute(settings, settings.subject);
}

/** `POST /oauth2/token` with client credentials (RFC 6749 §4.4.2). */
function oauthRoute({ issuerUrl, credentials }: ClientSettings): TokenRoute {
  return {
    address: `${issuerUrl}/oauth2/token`,
    request: ({ audience, scope }) => ({
      method: 'POST',
      headers: headersOf(credentials),
      body: new URLSearchParams({ grant_type: 'client_credentials', audience, ...(scope && { scope }) }),
    }),
    tokenField: 'access_token',
    codeField: 'error',
  };
}

/** `POST /token`. */
function jsonRoute({ issuerUrl, credentials }: ClientSettings, subject: string): TokenRoute {
  return {
    address: `${issuerUrl}/token`,
    request: ({ audience, scope }) => ({
      method: 'POST',
      headers: { ...headersOf(credentials), 'content-type': 'application/json' },
      body: JSON.stringify({ sub: subject, aud: audience, ...(scope && { scope }) }),
    }),
    tokenField: 'token',
    codeField: 'code',
  };
}

function headersOf(credentials: ClientCredentials | undefined): Record<string, string> {
  return {
    accept: 'application/json',
    ...(credentials && {
      authorization: basicAuthorization(credentials.clientId, credentials.clientSecret),
    }),
  };
}
