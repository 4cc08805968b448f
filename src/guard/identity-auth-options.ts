import type { Clock } from '../clock.js';
import type { Algorithm } from '../jwt/algorithms.js';
import type { Fetch } from '../http-client/fetch-json.js';
import type { GuardHooks } from './guard-events.js';

/** The options of a service that receives tokens: what it verifies them against, and which keys it uses. */
export interface IdentityAuthOptions extends GuardHooks {
  /** The `iss` that every token must have, exactly. */
  readonly issuer: string;
  /** The name of this service, or several: a token is accepted if one of them is in its `aud`. */
  readonly audience: string | readonly string[];
  /**
   * Secrets that this service shares with the issuer: the current one and, during a rotation, the previous
   * one. They verify HS256, HS384 and HS512 only, and must be at least as long as the hash (RFC 7518 §3.2).
   */
  readonly secrets?: readonly string[] | undefined;
  /** The URL of the issuer's published public keys (RFC 7517 §5). They verify their own algorithm only. */
  readonly jwksUri?: string | undefined;
  /**
   * Finds the URL of the public keys in the issuer's metadata instead: OpenID Connect Discovery 1.0 §4, else
   * RFC 8414 §3. The issuer must then be a URL.
   */
  readonly discover?: true | undefined;
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
  /** Accepted clock skew between issuer and receiver, in seconds, 0 to 60. Default 0. */
  readonly clockToleranceSeconds?: number | undefined;
  /** Asks the issuer whether a token was revoked. Without it, a token is valid until it expires. */
  readonly introspection?: IntrospectionOptions | undefined;
  /** Names the protected space in challenges (RFC 9110 §11.5). Default: the (first) audience. */
  readonly realm?: string | undefined;
  /** Accepts `http:` URLs of other hosts too. Only for networks that encrypt by themselves. Default false. */
  readonly allowPlainHttp?: boolean | undefined;
  /** The source of the current time. Default: the system clock. */
  readonly clock?: Clock | undefined;
  /** Sends requests to the issuer. Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined;
}

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
