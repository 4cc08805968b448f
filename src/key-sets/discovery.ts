import { isJsonObject } from '../encoding/strict-json.js';
import { fetchJson, type Fetch } from '../http-client/fetch-json.js';
import { RemoteFailure } from '../http-client/remote-failure.js';
import { checkServiceAddress } from '../http-client/service-address.js';

/** The issuer whose metadata to look up, and how to request it. */
export interface Discovery {
  /** The issuer, a URL. */
  readonly issuer: string;
  readonly allowPlainHttp: boolean;
  readonly fetch: Fetch;
}

const OPENID = '/.well-known/openid-configuration';
const OAUTH = '/.well-known/oauth-authorization-server';

/**
 * Finds the URL of an issuer's public keys by OpenID Connect Discovery 1.0 §4, otherwise by RFC 8414 §3.
 *
 * @throws {RemoteFailure} if no document exists, or it belongs to another issuer (RFC 8414 §3.3)
 */
export async function discoverKeySet({ issuer, fetch, allowPlainHttp }: Discovery): Promise<string> {
  let failure: RemoteFailure | undefined;
  for (const address of metadataAddresses(issuer)) {
    const { status, body } = await fetchJson(fetch, address, { headers: { accept: 'application/json' } });
    if (status === 200) return readKeySetAddress(body, { issuer, address, allowPlainHttp });
    failure = new RemoteFailure(address, `status ${status}`, status);
  }
  throw failure ?? new RemoteFailure(issuer, 'no metadata');
}

/**
 * OpenID Connect appends the well-known path to the issuer; RFC 8414 inserts it before the issuer's path.
 * Some issuers with a path can serve only the appended form.
 */
function metadataAddresses(issuer: string): Set<string> {
  const { origin, pathname } = new URL(issuer);
  const base = issuer.replace(/\/+$/, '');
  const path = pathname.replace(/\/+$/, '');
  return new Set([`${base}${OPENID}`, `${origin}${OAUTH}${path}`, `${base}${OAUTH}`]);
}

function readKeySetAddress(
  body: unknown,
  { issuer, address, allowPlainHttp }: Omit<Discovery, 'fetch'> & { readonly address: string },
): string {
  const { issuer: found, jwks_uri: jwksUri } = isJsonObject(body) ? body : {};
  if (found !== issuer) throw new RemoteFailure(address, 'the document is that of another issuer', 200);
  try {
    checkServiceAddress('jwks_uri', jwksUri, { allowPlainHttp });
  } catch (cause) {
    throw new RemoteFailure(
      address,
      cause instanceof TypeError ? cause.message : 'jwks_uri is not a valid URL',
      200,
    );
  }
  return jwksUri;
}
