import type { Clock } from '../clock.js';
import type { Fetch } from '../http-client/fetch-json.js';

/** The issuer, and the identity of a service that calls others. */
export interface TokenClientOptions {
  /** URL of the issuer with its base path, such as `https://example.com/identity-backend`. */
  readonly issuerUrl: string;
  /** Client ID of this service at the issuer. Required unless `subject` is given. */
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /**
   * The subject of the tokens. If given, they come from the JSON route, `POST /token`, with HTTP Basic if
   * `clientId` is given too. If omitted, from `POST /oauth2/token` with client credentials (RFC 6749 §4.4).
   */
  readonly subject?: string | undefined;
  /** Accepts an `http:` URL beyond this host. Only for networks that encrypt by themselves. Default false. */
  readonly allowPlainHttp?: boolean | undefined;
  /** The source of the time. Default: the system clock. */
  readonly clock?: Clock | undefined;
  /** The source of randomness: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Sends requests, to the issuer and by {@link TokenClient.fetchWith}. Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined;
}

/** What a token is requested for. */
export interface TokenTarget {
  /** The service that is to accept the token. */
  readonly audience: string;
  /** Scope tokens separated by one space (RFC 6749 §3.3). */
  readonly scope?: string | undefined;
}
