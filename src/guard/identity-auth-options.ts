import type { Clock } from '../clock.js';
import type { Fetch } from '../http-client/fetch-json.js';
import type { Algorithm } from '../jwt/algorithms.js';
import type { TokenType } from '../jwt/compact-jws.js';
import type { ClaimsCheck } from './claims-check-options.js';
import type { GuardHooks } from './guard-events.js';
import type { ProtectedResourceOptions } from './protected-resource.js';

/** An issuer whose tokens the service accepts, and how its keys are found. */
export interface IssuerOptions {
  /** The `iss` that a token of this issuer must have, exactly. */
  readonly issuer: string;
  /**
   * The name of this service, or several: a token is accepted if one of them is in its `aud`. Default: the
   * `resource`; required without one.
   */
  readonly audience?: string | readonly string[] | undefined;
  /**
   * Secrets that this service shares with the issuer: the current one and, during a rotation, the previous
   * one. They verify HS256, HS384 and HS512 only, and must be at least as long as the hash (RFC 7518 §3.2).
   */
  readonly secrets?: readonly string[] | undefined;
  /** The URL of the issuer's published public keys (RFC 7517 §5). They verify their own algorithm only. */
  readonly jwksUri?: string | undefined;
  /**
   * Finds the URL of the public keys in the issuer's metadata instead: OpenID Connect Discovery 1.0 §4, else
   * RFC 8414 §3. The issuer must then be a URL. Default false.
   */
  readonly discover?: boolean | undefined;
  /**
   * How long the public keys stay in use while the issuer is unavailable, counted from the last successful
   * fetch. After that, no token that they signed is accepted, and the guard responds 503, until the issuer
   * can be reached again: a leaked key must not outlive its revocation forever. Whole seconds, 1 to 2,592,000
   * (30 days). Default 86,400 (a day).
   */
  readonly keepKeysSeconds?: number | undefined;
  /**
   * The accepted algorithms. Default: HS256 for secrets; ES256, RS256, PS256, ES384 and EdDSA for public
   * keys. Required if both secrets and public keys are given, as during the migration of an audience.
   */
  readonly algorithms?: readonly Algorithm[] | undefined;
  /**
   * The accepted types of tokens, from the header's `typ`: with `['at+jwt']`, only access tokens of RFC 9068
   * are accepted. Default: both types, and tokens without `typ`.
   */
  readonly acceptTypes?: readonly TokenType[] | undefined;
  /** Asks the issuer whether a token was revoked. Without it, a token is valid until it expires. */
  readonly introspection?: IntrospectionOptions | undefined;
}

/**
 * From what part of a request the token is read: a cookie (RFC 6265 §4.2), a header whose whole value is the
 * token, or a function of the request. A function returns `undefined` for a request without a token; if it
 * throws or returns anything else that is not a string, the request is refused. Never read a token from the
 * URL, which ends up in logs (RFC 6750 §5.3). A browser sends cookies with requests of other sites too:
 * `SameSite`, or a check against CSRF, is the application's.
 */
export type TokenFrom = { readonly cookie: string } | { readonly header: string } | TokenReader['readToken'];

/** A method, so that a function of a particular request, such as Express's, is one too. */
interface TokenReader {
  readToken(request: object): string | null | undefined;
}

/** The options of a guard that all issuers share. */
export interface GuardOptions extends GuardHooks, ProtectedResourceOptions {
  /** Names the protected space in challenges (RFC 9110 §11.5). Default: the (first) audience. */
  readonly realm?: string | undefined;
  /** Accepted clock skew between issuers and receiver, in seconds, 0 to 60. Default 0. */
  readonly clockToleranceSeconds?: number | undefined;
  /** Accepts `http:` URLs of other hosts too. Only for networks that encrypt by themselves. Default false. */
  readonly allowPlainHttp?: boolean | undefined;
  /**
   * Accepts a token with the claim `cnf` (RFC 7800) as a bearer token, although its sender did not prove that
   * it has the key. Default false: such a token is refused with `proof_required`.
   */
  readonly allowBoundAsBearer?: boolean | undefined;
  /** What the token is read from. Default: the Authorization header (RFC 6750 §2.1). */
  readonly tokenFrom?: TokenFrom | undefined;
  /** A check of the claims of an otherwise valid token. What it refuses is refused with `invalid_claims`. */
  readonly check?: ClaimsCheck | undefined;
  /**
   * Fetches the public keys of all issuers when the application starts, so that the first request need not
   * wait. If an issuer is unavailable, this is logged, and the application starts. Default false.
   */
  readonly hydrate?: boolean | undefined;
  /** The source of the current time. Default: the system clock. */
  readonly clock?: Clock | undefined;
  /** Sends requests to the issuers. Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined;
}

/**
 * The options of a service that receives tokens: one issuer, whose options are next to those of the guard, or
 * several, of which the token's `iss` chooses one.
 */
export type IdentityAuthOptions = GuardOptions &
  (IssuerOptions | { readonly issuers: readonly IssuerOptions[] });

/**
 * How the issuer is asked about a token (RFC 7662). A token whose state is unknown is not accepted: the guard
 * then responds 503. A service that must keep working while the issuer is unavailable omits introspection.
 */
export interface IntrospectionOptions {
  /** URL of the introspection endpoint. */
  readonly endpoint: string;
  /** Client ID of this service at the issuer. */
  readonly clientId: string;
  /** Client secret of this service, sent by HTTP Basic (RFC 6749 §2.3.1). */
  readonly clientSecret: string;
  /**
   * How long a response is cached; for that long a revoked token may still be accepted. Seconds, 0 to 300.
   * Default 10.
   */
  readonly cacheSeconds?: number | undefined;
}
