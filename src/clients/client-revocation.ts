import { CLOCK_SKEW_SECONDS } from '../clock.js';
import type { Claims } from '../jwt/claims.js';
import type { Client } from './client.js';
import type { ClientRegistry } from './client-registry.js';

/**
 * Checks the client that a token was issued to. Once any client has been registered, a token that names a
 * client is valid only while that client exists, is enabled, and existed when the token was issued.
 *
 * @returns what to do if the token is revoked, else `undefined`
 */
export function clientRevocation(
  clients: Pick<ClientRegistry, 'hasEverHadClients' | 'find'>,
  claims: Claims,
): string | undefined {
  const { client_id: clientId } = claims;
  if (clientId === undefined || !clients.hasEverHadClients) return undefined;
  const client = typeof clientId === 'string' ? clients.find(clientId) : undefined;
  if (!client)
    return 'The client that the token was issued to is not registered; register it and request a new token.';
  if (client.disabled)
    return 'The client that the token was issued to is disabled; enable it and request a new token.';
  return wasIssuedToPreviousClient(client, claims)
    ? 'The token was issued to a previous client with the same ID; request a new one.'
    : undefined;
}

/**
 * Whether the token was issued to a previous client with the same ID. Times alone cannot decide this: an ID
 * may be reused within one second, the clocks of two instances may differ, and an instance may not have
 * received the change yet. A client that reuses an ID has a mark for this.
 */
function wasIssuedToPreviousClient({ createdAt, tokenMark }: Client, { iat, jti }: Claims): boolean {
  const madeAt = createdAt / 1000;
  // `iat` is rounded down, so the creation time of the client is too.
  if (tokenMark === undefined) return iat !== undefined && iat < Math.floor(madeAt);
  return !jti?.endsWith(tokenMark) && (iat === undefined || iat <= madeAt + CLOCK_SKEW_SECONDS);
}
