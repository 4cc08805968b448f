import type { Clock } from '../clock.js';
import type { Fetch } from '../http-client/fetch-json.js';

/** Options of {@link TokenClient}: the issuer, and the identity of the calling service. */
export interface TokenClientOptions {
  /** URL of the issuer with its base path, such as `https://example.com/identity-backend`. */
  readonly issuerUrl: string;
  /** The client ID of this service at the issuer. Required unless `subject` is given. */
  readonly clientId?: string | undefined;
  /** The client secret. Required if `clientId` is given. */
  readonly clientSecret?: string | undefined;
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

/** What a token is requested for. */
export interface TokenTarget {
  /** The service that is to accept the token: the `aud` of the token. */
  readonly audience: string;
  /** Scope tokens separated by one space (RFC 6749 §3.3). */
  readonly scope?: string | undefined;
}
