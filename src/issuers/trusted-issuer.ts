import type { JsonWebKey } from 'node:crypto';

/** What the tokens of an issuer may be used for. */
export const ISSUER_USES = ['client_authentication', 'jwt_bearer', 'token_exchange'] as const;

export type IssuerUse = (typeof ISSUER_USES)[number];

/** Whether a token may be used once, which needs a `jti`, or until it expires. */
export type Replay = 'once' | 'reusable';

/** A JWK Set (RFC 7517 §5) of public keys. */
export interface JwkSet {
  readonly keys: readonly JsonWebKey[];
}

/** The source of an issuer's public keys. */
export type KeySource =
  /** The `jwks_uri` of its metadata (OpenID Connect Discovery 1.0 §4). */
  | { readonly kind: 'discovery' }
  | {
      readonly kind: 'jwks_uri';
      readonly jwksUri: string;
      /** A PEM file with the certificates that the server of the keys is verified by; null: the system's. */
      readonly caFile: string | null;
      /** A file with the bearer token that the server of the keys requires; null if it requires none. */
      readonly tokenFile: string | null;
    }
  | { readonly kind: 'jwks'; readonly jwks: JwkSet }
  | { readonly kind: 'spiffe_bundle_uri'; readonly bundleUri: string; readonly trustDomain: string }
  | { readonly kind: 'spiffe_bundle'; readonly bundle: JwkSet; readonly trustDomain: string };

/** An issuer outside of this service whose tokens are accepted in place of a client secret or a user's login. */
export interface TrustedIssuer {
  /** Names the entry; never changed. */
  readonly id: string;
  /** The exact `iss` of its tokens; never changed. */
  readonly issuer: string;
  readonly keys: KeySource;
  /** Names of asymmetric algorithms, as in the header of a token. */
  readonly algorithms: readonly string[];
  /** The accepted values of `aud`. */
  readonly audiences: readonly string[];
  readonly uses: readonly IssuerUse[];
  /** The accepted values of `typ` for grants and exchange, in any case; the empty text if absent. */
  readonly types: readonly string[];
  /** The longest time from `iat` to `exp`, in seconds. */
  readonly maxLifetimeSeconds: number;
  readonly replay: Readonly<Record<IssuerUse, Replay>>;
  /** Whether the subject of our tokens is `<id>:<sub>` or the `sub` itself. */
  readonly subject: 'prefixed' | 'as_is';
  /** The claims of its tokens that ours take over: JSON pointers (RFC 6901) and the names of our claims. */
  readonly claims: Readonly<Record<string, string>>;
  /** A JSON pointer to the scope of the subject, a string or an array; null if there is none. */
  readonly scopesClaim: string | null;
  /** Whether its assertions for users are Identity Assertion JWT Authorization Grants. */
  readonly idJag: boolean;
  readonly disabled: boolean;
  /** When `keys` was last set, in milliseconds since 1970. */
  readonly keysSetAt: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

/** An issuer as administrators describe it: without its times. */
export type DescribedIssuer = Omit<TrustedIssuer, 'keysSetAt' | 'createdAt' | 'updatedAt'>;

/** The SPIFFE trust domain whose bundle verifies the tokens of the issuer; `undefined` for other issuers. */
export function trustDomainOf({ keys }: Pick<TrustedIssuer, 'keys'>): string | undefined {
  return 'trustDomain' in keys ? keys.trustDomain : undefined;
}
