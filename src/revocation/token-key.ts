import { hash } from 'node:crypto';
import type { Claims } from '../jwt/claims.js';

/**
 * What a token is known by: its id together with the client that it was issued to, as ids of different issuers of the
 * same shared secret may meet. Hashed, so that every token takes the same few bytes.
 *
 * @returns `undefined` where the token has no id, and so cannot be taken back
 */
export function tokenKey({ client_id: clientId, jti }: Claims): string | undefined {
  if (jti === undefined) return undefined;
  const owner = typeof clientId === 'string' ? clientId : null;
  return hash('sha256', JSON.stringify([owner, jti]), 'base64url');
}
