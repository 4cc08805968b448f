import { Injectable, Logger } from '@nestjs/common';
import { BoundedMap } from '../concurrency/bounded-map.js';
import type { Fetch } from '../http-client/fetch-json.js';
import { BackOff } from './back-off.js';
import { bearerFetch } from './bearer-fetch.js';
import { clientSettings } from './client-settings.js';
import { RenewedToken, type Renewal } from './renewed-token.js';
import type { TokenClientOptions, TokenTarget } from './token-client-options.js';
import { tokenRoute } from './token-routes.js';
import { tokenSource } from './token-source.js';

/** For how many targets tokens are cached; the oldest is evicted. */
const MAX_TARGETS = 1000;

/**
 * Gets tokens for calls to other services and caches them: one for each audience and scope, renewed before it
 * expires. Made once for an application. Starts no timer.
 */
@Injectable()
export class TokenClient {
  private readonly renewal: Renewal;
  private readonly fetch: Fetch;
  private readonly tokens = new BoundedMap<RenewedToken>(MAX_TARGETS);

  /** @throws {TypeError} naming the invalid option */
  constructor(options: TokenClientOptions) {
    const settings = clientSettings(options);
    const { clock, random, fetch } = settings;
    const log = new Logger('TokenClient');
    this.fetch = fetch;
    this.renewal = {
      source: tokenSource(tokenRoute(settings), fetch),
      clock,
      random,
      outage: new BackOff(clock, random),
      report: ({ message }, { audience }) =>
        log.warn(`The token for ${audience} is not renewed yet. ${message}`),
    };
  }

  /**
   * @returns a valid token, as compact JWS
   * @throws {TokenUnavailableError} if the issuer refuses, or is unavailable while no token is valid
   */
  getToken(target: TokenTarget): Promise<string> {
    return this.tokenFor(target).get();
  }

  /**
   * A `fetch` that sends a token for the target. After a 401 it retries once with a new token, unless the
   * body of the request is a stream. It sends the token to any URL: call it only with URLs of that service.
   *
   * @returns a function that takes what `fetch` takes, and rejects with {@link TokenUnavailableError} too
   */
  fetchWith(target: TokenTarget): Fetch {
    return bearerFetch(() => this.tokenFor(target), this.fetch);
  }

  private tokenFor({ audience, scope = '' }: TokenTarget): RenewedToken {
    const id = JSON.stringify([audience, scope]);
    const known = this.tokens.get(id);
    if (known) return known;
    const token = new RenewedToken({ audience, scope }, this.renewal);
    this.tokens.set(id, token);
    return token;
  }
}
