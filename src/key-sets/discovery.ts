import { type Discovery, IssuerMetadata } from './issuer-metadata.js';

/**
 * Finds the URL of an issuer's public keys.
 *
 * @throws {RemoteFailure} if no metadata exists, or it belongs to another issuer (RFC 8414 §3.3)
 */
export async function discoverKeySet(discovery: Discovery): Promise<string> {
  return (await IssuerMetadata.fetch(discovery)).endpoint('jwks_uri');
}
