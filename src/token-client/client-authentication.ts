import { basicAuthorization } from '../http-client/basic-authorization.js';
import type { ClientCredentials, KeyCredentials } from './client-settings.js';
import type { Endpoint } from './token-endpoint.js';

/** What a request carries by which the client authenticates: at most one of both has entries. */
export interface ClientAuthentication {
  readonly headers: Readonly<Record<string, string>>;
  /** Parameters of the form. */
  readonly parameters: Readonly<Record<string, string>>;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Authenticates the client for one request to a token endpoint.
 *
 * @param now milliseconds since 1970
 */
export async function authenticate(
  credentials: ClientCredentials | undefined,
  endpoint: Endpoint,
  now: number,
): Promise<ClientAuthentication> {
  if (credentials && 'key' in credentials) return byAssertion(credentials, endpoint, now);
  const { clientId, clientSecret, method = endpoint.secretMethod } = credentials ?? {};
  return clientId !== undefined && clientSecret !== undefined && method === 'client_secret_post'
    ? { headers: {}, parameters: { client_id: clientId, client_secret: clientSecret } }
    : { headers: basicHeader(credentials), parameters: {} };
}

/** HTTP Basic (RFC 6749 §2.3.1); no header without a client secret. */
export function basicHeader(credentials: ClientCredentials | undefined): Readonly<Record<string, string>> {
  if (!credentials || 'key' in credentials) return {};
  return { authorization: basicAuthorization(credentials.clientId, credentials.clientSecret) };
}

/**
 * `private_key_jwt` (RFC 7523 §2.2). If the issuer's identifier is known, it is the audience: the metadata of
 * another issuer, which a client also uses, may name this token endpoint, but not this issuer.
 */
async function byAssertion(
  { clientId, key, audience }: KeyCredentials,
  { address, issuer }: Endpoint,
  now: number,
): Promise<ClientAuthentication> {
  const assertion = await key.assertion(clientId, audience ?? issuer ?? address, now);
  const parameters = {
    client_id: clientId,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
  };
  return { headers: {}, parameters };
}
