import type { Clock } from '../clock.js';
import type { Algorithm } from '../jwt/algorithms.js';
import type { Fetch } from '../http-client/fetch-json.js';

/** What a service that receives tokens measures them against, and where it takes the keys from. */
export interface IdentityAuthOptions {
  /** The `iss` that every token must have, to the letter. */
  readonly issuer: string;
  /** The name of this service, or several: a token is accepted where one of them is in its `aud`. */
  readonly audience: string | readonly string[];
  /**
   * Secrets that this service shares with the issuer; the current one and, while it changes, the former. They verify
   * HS256, HS384 and HS512 only, and must be at least as long as the hash (RFC 7518 §3.2).
   */
  readonly secrets?: readonly string[];
  /** Where the public keys of the issuer are published (RFC 7517 §5). They verify their own algorithm only. */
  readonly jwksUri?: string;
  /**
   * Finds the address of the public keys by the issuer's metadata instead: OpenID Connect Discovery 1.0 §4, else
   * RFC 8414 §3. The issuer must then be a URL.
   */
  readonly discover?: true;
  /**
   * How long the public keys serve on without the issuer, counted from the last time that they were fetched. From then on
   * no token that they signed is accepted, and the guard answers 503, until the issuer can be reached again: a key that
   * leaked must not outlive its withdrawal for ever. Whole seconds, 1 to 2,592,000 (30 days). Default 86,400 (a day).
   */
  readonly keepKeysSeconds?: number;
  /**
   * The algorithms that are accepted. Left out: HS256 for secrets; ES256, RS256, PS256, ES384 and EdDSA for public
   * keys. Required where secrets and public keys are given together, as is good while an audience moves.
   */
  readonly algorithms?: readonly Algorithm[];
  /** How far the clocks of issuer and receiver may be apart; seconds, 0 to 60. Default 0. */
  readonly clockToleranceSeconds?: number;
  /** Asks the issuer whether a token was taken back. Left out: a token is good until it expires. */
  readonly introspection?: IntrospectionOptions;
  /** Names the protected space in challenges (RFC 9110 §11.5). Default: the (first) audience. */
  readonly realm?: string;
  /** Takes `http:` addresses beyond this machine. Only for networks that encrypt by themselves. Default false. */
  readonly allowPlainHttp?: boolean;
  /** Where the time comes from. Default: the clock of the machine. */
  readonly clock?: Clock;
  /** What sends requests to the issuer. Default: the global `fetch`. */
  readonly fetch?: Fetch;
}

/**
 * How the issuer is asked about a token (RFC 7662). A token that cannot be asked about is not accepted: the guard then
 * answers 503, so whoever needs to go on through an outage of the issuer leaves introspection out.
 */
export interface IntrospectionOptions {
  /** Address of the introspection endpoint. */
  readonly endpoint: string;
  /** Id of the client that this service is at the issuer. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** How long an answer holds: a token that is taken back may be accepted for so long. Seconds, 0 to 300. Default 10. */
  readonly cacheSeconds?: number;
}
