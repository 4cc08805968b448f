import type { KeyObject } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { Fetch } from '../http-client/fetch-json.js';

/** Options of {@link TokenClient}: the issuer, and the identity of the calling service. */
export interface TokenClientOptions {
  /**
   * URL of the issuer with its base path, such as `https://example.com/identity-backend`. With `discover` it
   * is the issuer's identifier, exactly as its metadata has it.
   */
  readonly issuerUrl: string;
  /**
   * Reads the token endpoint from the metadata of the issuer (OpenID Connect Discovery 1.0 §4, RFC 8414 §3),
   * so that any OAuth issuer works. Default: false, the issuer is an identity-backend.
   */
  readonly discover?: boolean | undefined;
  /** The URL of the token endpoint of any OAuth issuer, if it has no metadata. Excludes `discover`. */
  readonly tokenEndpoint?: string | undefined;
  /** The client ID of this service at the issuer. Required unless `subject` is given. */
  readonly clientId?: string | undefined;
  /** The client secret. Required if `clientId` is given without `privateKey`. */
  readonly clientSecret?: string | undefined;
  /**
   * How the client secret is sent to a token endpoint. Default: what the discovered metadata supports,
   * otherwise `client_secret_basic` (RFC 6749 §2.3.1). `POST /token` accepts only `client_secret_basic`.
   */
  readonly clientAuthentication?: ClientSecretMethod | undefined;
  /**
   * The private key of the client, instead of a secret: it authenticates by `private_key_jwt` (RFC 7523
   * §2.2). PEM without a passphrase, a JWK, or a `KeyObject`.
   */
  readonly privateKey?: string | KeyObject | Readonly<Record<string, unknown>> | undefined;
  /** The `kid` under which the issuer knows the key. Default: that of the JWK, otherwise none. */
  readonly keyId?: string | undefined;
  /** What the key signs with. Default: the `alg` of the JWK, otherwise the first algorithm of its type. */
  readonly algorithm?: AssertionAlgorithm | undefined;
  /**
   * The `aud` of assertions. Default: the issuer's identifier with `discover`, otherwise the URL of the token
   * endpoint. At an identity-backend without `discover`, give its `JWT_ISSUER`, unless `issuerUrl` is its
   * `PUBLIC_URL`.
   */
  readonly assertionAudience?: string | undefined;
  /**
   * The `sub` of the tokens. If it is given, tokens are requested at `POST /token`, by HTTP Basic if
   * `clientId` is given too. If it is omitted, they are requested at `POST /oauth2/token` by client
   * credentials (RFC 6749 §4.4), and the subject is the client.
   */
  readonly subject?: string | undefined;
  /**
   * Accepts an `http:` URL of another host. Only for networks that encrypt traffic themselves. Default:
   * false.
   */
  readonly allowPlainHttp?: boolean | undefined;
  /** The source of the time. Default: the system clock. */
  readonly clock?: Clock | undefined;
  /** The source of randomness: numbers from 0 to 1, 1 excluded. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
  /**
   * Sends the requests to the issuer and those of {@link TokenClient.fetchWith}. Default: the global `fetch`.
   */
  readonly fetch?: Fetch | undefined;
}

/** How a client secret is sent (RFC 7591 §2). */
export type ClientSecretMethod = 'client_secret_basic' | 'client_secret_post';

/** An algorithm that signs assertions. */
export type AssertionAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'EdDSA';

/**
 * What a token is requested for: at least an audience, a resource or a scope.
 *
 * `subject`, `claims` and `expiresIn` need the `POST /token` of an identity-backend; `resource` needs a token
 * endpoint. Targets that request the same share a token.
 */
export type TokenTarget = TargetFields &
  (
    | { readonly audience: string }
    | { readonly resource: string | readonly string[] }
    | { readonly scope: string }
  );

/** The fields of a {@link TokenTarget}. */
export interface TargetFields {
  /**
   * The service that is to accept the token: the `aud` of the token. Required by `POST /token`. A token
   * endpoint uses the client's default without it.
   */
  readonly audience?: string | undefined;
  /** Scope tokens separated by one space (RFC 6749 §3.3). */
  readonly scope?: string | undefined;
  /** The resource server, as an absolute URI without a fragment, or several (RFC 8707 §2). */
  readonly resource?: string | readonly string[] | undefined;
  /** The `sub` of the token. Default: that of the options, otherwise the client. */
  readonly subject?: string | undefined;
  /** Custom claims of the token, as JSON. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** The lifetime of the token in seconds. Default and maximum: that of the issuer. */
  readonly expiresIn?: number | undefined;
}
