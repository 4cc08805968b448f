import type { Client } from '../clients/client.js';
import type { Claims } from '../jwt/claims.js';
import type { TokenService } from '../token/token.service.js';
import { OAuthError } from './oauth-error.js';
import type { OAuthForm } from './oauth-form.js';

/** Scopes that let a client do with the tokens of others what it may do with its own. */
export const INTROSPECTION_SCOPES = ['identity:introspect', 'identity:admin'] as const;
export const REVOCATION_SCOPES = ['identity:admin'] as const;

/** A token of this service that has not expired. */
export interface PresentedToken {
  readonly claims: Claims;
  /** Whether it is good now: neither it nor one of the same id was taken back, and its client is in order. */
  readonly isLive: boolean;
}

/** Looks at the token that a request to the introspection or revocation endpoint is about. */
export class PresentedTokens {
  /** @param reachSeconds how far ahead a token of this service can expire: its longest lifetime and the tolerance */
  constructor(
    private readonly tokens: TokenService,
    private readonly now: () => number,
    private readonly reachSeconds: number,
  ) {}

  /**
   * @returns the token, where it is good now or would be, had it not been taken back; one that lives longer than any
   *   that this service makes could not be taken back, and so does not count as good
   * @throws {OAuthError} where the request names no token
   */
  find(form: OAuthForm): PresentedToken | undefined {
    const token = form.get('token');
    if (token === undefined) throw new OAuthError('invalid_request', 'token is missing');
    const { code, claims } = this.tokens.verify({ token });
    if (!claims || claims.exp > this.now() / 1000 + this.reachSeconds) return undefined;
    return { claims, isLive: code === 'valid' };
  }
}

/** Whether the token was issued to the client. */
export function isOwner(client: Client, { client_id: clientId }: Claims): boolean {
  return clientId === client.id;
}

export function hasAnyScope(client: Client, scopes: readonly string[]): boolean {
  return scopes.some((scope) => client.scopes.includes(scope));
}
