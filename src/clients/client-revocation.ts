import { CLOCK_SKEW_SECONDS } from '../clock.js';
import type { Claims } from '../jwt/claims.js';
import type { Client } from './client.js';
import type { ClientRegistry } from './client-registry.js';

/**
 * Says whether the client that a token was issued to still stands behind it. Once any client was registered, a token
 * that names a client is good only while that client is there, is enabled, and was there when the token was made.
 *
 * @returns what to do, where it does not
 */
export function clientRevocation(
  clients: Pick<ClientRegistry, 'everHadClients' | 'find'>,
  claims: Claims,
): string | undefined {
  const { client_id: clientId } = claims;
  if (clientId === undefined || !clients.everHadClients) return undefined;
  const client = typeof clientId === 'string' ? clients.find(clientId) : undefined;
  if (!client) return 'The client that the token was issued to is not registered; register it and ask again.';
  if (client.disabled) return 'The client that the token was issued to is disabled; enable it and ask again.';
  return isOfPrevious(client, claims)
    ? 'The token was issued to a previous client of the same id; ask for a new one.'
    : undefined;
}

/**
 * Whether the token was issued to a client that had the id before this one. Times do not tell tokens of the second in
 * which an id is given again, nor those of an instance with another clock, or one that did not know of the change yet.
 */
function isOfPrevious({ createdAt, tokenMark }: Client, { iat, jti }: Claims): boolean {
  const madeAt = createdAt / 1000;
  // `iat` is rounded down, so the moment at which the client was made is too.
  if (tokenMark === undefined) return iat !== undefined && iat < Math.floor(madeAt);
  return !jti?.endsWith(tokenMark) && (iat === undefined || iat <= madeAt + CLOCK_SKEW_SECONDS);
}
