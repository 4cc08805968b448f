import type { JsonWebKey } from 'node:crypto';
import type { FederatedCredential } from './federated-credential.js';

/** The longest client ID, in characters. */
export const MAX_CLIENT_ID_LENGTH = 128;

/** The grant of an assertion (RFC 7523 §2.1). */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** The names of the grants (RFC 6749 §1.3); what each does is in `oauth2/grants`. */
export const GRANT_TYPES = ['client_credentials', JWT_BEARER] as const;

export type GrantType = (typeof GRANT_TYPES)[number];

/** The grants of a client whose description names none; they stay the same when a grant is added. */
export const DEFAULT_GRANT_TYPES: readonly GrantType[] = ['client_credentials'];

/** The ways in which a client may authenticate; `federated` is a token of a trusted issuer. */
export const CLIENT_AUTHENTICATION_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'federated',
] as const;

export type ClientAuthenticationMethod = (typeof CLIENT_AUTHENTICATION_METHODS)[number];

/** How a client may use assertions of trusted issuers about users (RFC 7523 §2.1). */
export interface JwtBearerPolicy {
  /** The IDs of the entries whose assertions it may present. */
  readonly issuers: readonly string[];
  /** The subjects for which its tokens do not name it as the actor: exact, or a prefix that ends in `*`. */
  readonly impersonate: readonly string[];
  /** Whether a token expires with its assertion at the latest. */
  readonly limitToAssertion: boolean;
}

/** A secret of a client, stored as its hash. */
export interface ClientSecret {
  readonly id: string;
  /** SHA-256 of the secret, in base64url. */
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; null if it does not expire. */
  readonly expiresAt: number | null;
}

/** A program that may request tokens, and what it may request. */
export interface Client {
  readonly id: string;
  readonly name: string;
  readonly audiences: readonly string[];
  /** The audience of requests to `/oauth2/token` that name none; if null, the only one of `audiences`. */
  readonly defaultAudience: string | null;
  readonly scopes: readonly string[];
  /** Names of the custom claims that it may set. */
  readonly claims: readonly string[];
  readonly grantTypes: readonly string[];
  /** Seconds; null if the configured lifetime applies. */
  readonly tokenLifetimeSeconds: number | null;
  /** Subjects other than itself: exact, or a prefix that ends in `*`. */
  readonly mayActFor: readonly string[];
  /** Public keys for `private_key_jwt` (RFC 7523). */
  readonly jwks: { readonly keys: readonly JsonWebKey[] } | null;
  /** The tokens of trusted issuers that authenticate it. */
  readonly federatedCredentials: readonly FederatedCredential[];
  /** Whether a token of a trusted issuer gets it a token without client authentication. */
  readonly workloadGrant: boolean;
  /** Null if it may not present assertions about users. */
  readonly jwtBearer: JwtBearerPolicy | null;
  /** Null if every method is allowed. */
  readonly tokenEndpointAuthMethods: readonly ClientAuthenticationMethod[] | null;
  readonly disabled: boolean;
  readonly secrets: readonly ClientSecret[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
  /**
   * The end of the `jti` of each token that is issued to the client, if another client had its ID before:
   * tokens of the previous client lack it, whatever the clocks say. Absent for the first client with an ID.
   */
  readonly tokenMark?: string;
}

/** The narrowest values of the fields that clients stored by earlier versions lack. */
export const LATER_FIELDS = {
  federatedCredentials: [],
  workloadGrant: false,
  jwtBearer: null,
  tokenEndpointAuthMethods: null,
} as const satisfies Partial<Client>;

/** A client as administrators describe it: without its secrets, times and mark. */
export type DescribedClient = Omit<Client, 'secrets' | 'createdAt' | 'updatedAt' | 'tokenMark'>;

/** The secrets of the client that are valid at this time, in milliseconds since 1970. */
export function liveSecrets({ secrets }: Client, now: number): readonly ClientSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
}

/** Whether a client may authenticate by a method. */
export function allowsMethod(
  { tokenEndpointAuthMethods }: Pick<Client, 'tokenEndpointAuthMethods'>,
  method: ClientAuthenticationMethod,
): boolean {
  return tokenEndpointAuthMethods === null || tokenEndpointAuthMethods.includes(method);
}

/** Whether a client may authenticate by a secret. */
export function mayHaveSecret(client: Pick<Client, 'tokenEndpointAuthMethods'>): boolean {
  return allowsMethod(client, 'client_secret_basic') || allowsMethod(client, 'client_secret_post');
}

/** Whether the token of a workload gets it in: it authenticates the client, or it is a grant by itself. */
export function acceptsFederated(client: Client): boolean {
  const { workloadGrant, grantTypes } = client;
  return (workloadGrant && grantTypes.includes(JWT_BEARER)) || allowsMethod(client, 'federated');
}

/** Whether a client has any credentials that it may use at this time, in milliseconds since 1970. */
export function canAuthenticate(client: Client, now: number): boolean {
  const { jwks, federatedCredentials } = client;
  return (
    (mayHaveSecret(client) && liveSecrets(client, now).length > 0) ||
    (jwks !== null && allowsMethod(client, 'private_key_jwt')) ||
    (federatedCredentials.length > 0 && acceptsFederated(client))
  );
}
