import { hash } from 'node:crypto';
import type { Claims } from '../jwt/claims.js';

/**
 * Identifies a token by its `jti` and the client it was issued to: different issuers with one shared secret
 * may use the same `jti`. Hashed, so that every token takes the same few bytes.
 *
 * @returns `undefined` if the token has no `jti`, and so cannot be revoked
 */
export function tokenKey({ client_id: clientId, jti }: Claims): string | undefined {
  if (jti === undefined) return undefined;
  const owner = typeof clientId === 'string' ? clientId : null;
  return hash('sha256', JSON.stringify([owner, jti]), 'base64url');
}
