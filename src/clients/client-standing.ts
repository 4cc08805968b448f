import type { Claims } from '../jwt/claims.js';
import type { ClientRegistry } from './client-registry.js';

/**
 * Says whether the client that a token was issued to still stands behind it. Once any client was registered, a token
 * that names a client is good only while that client is there, is enabled, and was there when the token was made.
 *
 * @returns what to do, where it does not
 */
export function clientStanding(
  clients: Pick<ClientRegistry, 'everHadClients' | 'find'>,
  { client_id: clientId, iat }: Claims,
): string | undefined {
  if (clientId === undefined || !clients.everHadClients) return undefined;
  const client = typeof clientId === 'string' ? clients.find(clientId) : undefined;
  if (!client) return 'The client that the token was issued to is not registered; register it and ask again.';
  if (client.disabled) return 'The client that the token was issued to is disabled; enable it and ask again.';
  // `iat` is rounded down, so the moment at which the client was made is too.
  if (iat !== undefined && iat < Math.floor(client.createdAt / 1000)) {
    return 'The token was issued to a former client of the same id; ask for a new one.';
  }
  return undefined;
}
