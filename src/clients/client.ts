import type { JWK } from 'jose';

/** How long a client id may be, in characters. */
export const MAX_CLIENT_ID_LENGTH = 128;

/** The names of the grants (RFC 6749 §1.3); what each does is in `oauth2/grants`. */
export const GRANT_TYPES = ['client_credentials'] as const;

export type GrantType = (typeof GRANT_TYPES)[number];

/** The grants of a client whose description names none, however many grants there are. */
export const DEFAULT_GRANT_TYPES: readonly GrantType[] = ['client_credentials'];

/** A secret of a client, as it is kept: what it hashes to. */
export interface ClientSecret {
  readonly id: string;
  /** SHA-256 of the secret, in base64url. */
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; null where it does not end by itself. */
  readonly expiresAt: number | null;
}

/** A program that may ask for tokens, and what it may ask for. */
export interface Client {
  readonly id: string;
  readonly name: string;
  readonly audiences: readonly string[];
  readonly defaultAudience: string | null;
  readonly scopes: readonly string[];
  /** Names of the further claims that it may set. */
  readonly claims: readonly string[];
  readonly grantTypes: readonly string[];
  /** Seconds; null where the configured lifetime holds. */
  readonly tokenLifetimeSeconds: number | null;
  /** Subjects other than itself: exact, or a prefix that ends in `*`. */
  readonly mayActFor: readonly string[];
  /** Public keys for `private_key_jwt` (RFC 7523). */
  readonly jwks: { readonly keys: readonly JWK[] } | null;
  readonly disabled: boolean;
  readonly secrets: readonly ClientSecret[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
  /**
   * Ends the `jti` of each token that is issued to the client, if its id was that of a client before: tokens of the
   * previous one do not have it, whatever the clocks say. Left out for the first client of an id.
   */
  readonly tokenMark?: string;
}

/** The secrets of the client that are good at this time, in milliseconds since 1970. */
export function liveSecrets({ secrets }: Client, now: number): readonly ClientSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
}
