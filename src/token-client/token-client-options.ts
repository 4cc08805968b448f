import type { Clock } from '../clock.js';
import type { Fetch } from '../http-client/fetch-json.js';

/** Where a service that calls others gets its tokens, and as whom. */
export interface TokenClientOptions {
  /** Address of the issuer with its base path, such as `https://example.com/identity-backend`. */
  readonly issuerUrl: string;
  /** Id of the client that this service is at the issuer. Needed unless `subject` is given. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /**
   * Who the tokens are about. Where given, they come from the JSON route, `POST /token`, with HTTP Basic where
   * `clientId` is given too. Left out: from `POST /oauth2/token` by client credentials (RFC 6749 §4.4).
   */
  readonly subject?: string;
  /** Takes an `http:` address beyond this machine. Only for networks that encrypt by themselves. Default false. */
  readonly allowPlainHttp?: boolean;
  /** Where the time comes from. Default: the clock of the machine. */
  readonly clock?: Clock;
  /** Where chance comes from: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
  /** What sends requests, to the issuer and by {@link TokenClient.fetchWith}. Default: the global `fetch`. */
  readonly fetch?: Fetch;
}

/** What a token is asked for. */
export interface TokenTarget {
  /** The service that is to accept the token. */
  readonly audience: string;
  /** Scope tokens separated by one space (RFC 6749 §3.3). */
  readonly scope?: string;
}
