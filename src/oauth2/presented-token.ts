import type { Client } from '../clients/client.js';
import { audiencesOf, type Claims } from '../jwt/claims.js';
import type { TokenService } from '../token/token.service.js';
import { OAuthError } from './oauth-error.js';
import type { OAuthForm } from './oauth-form.js';

/** The scopes with which a client may introspect or revoke the tokens of others. */
const INTROSPECTION_SCOPES = ['identity:introspect', 'identity:admin'] as const;
const REVOCATION_SCOPES = ['identity:admin'] as const;

/**
 * @returns the `token` of the request
 * @throws {OAuthError} if it is missing
 */
export function presentedToken(form: OAuthForm): string {
  const token = form.get('token');
  if (token === undefined) throw new OAuthError('invalid_request', 'token is missing');
  return token;
}

/**
 * Verifies a token as `POST /verify` does, for any audience that it names, so that both agree on every token.
 *
 * @returns the claims, if the token is valid now and the client may introspect it
 */
export function introspected(tokens: TokenService, token: string, client: Client): Claims | undefined {
  const verdict = tokens.verify({ token });
  return verdict.code === 'valid' && mayIntrospect(client, verdict.claims) ? verdict.claims : undefined;
}

export function mayRevoke(client: Client, claims: Claims): boolean {
  return isOwner(client, claims) || hasAnyScope(client, REVOCATION_SCOPES);
}

function mayIntrospect(client: Client, claims: Claims): boolean {
  return (
    isOwner(client, claims) ||
    audiencesOf(claims.aud).includes(client.id) ||
    hasAnyScope(client, INTROSPECTION_SCOPES)
  );
}

/** Whether the token was issued to the client. */
function isOwner(client: Client, { client_id: clientId }: Claims): boolean {
  return clientId === client.id;
}

function hasAnyScope(client: Client, scopes: readonly string[]): boolean {
  return scopes.some((scope) => client.scopes.includes(scope));
}
