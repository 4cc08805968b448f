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

/** The most targets for which tokens are cached; beyond that, the oldest is evicted. */
const MAX_TARGETS = 1000;

/**
 * Gets tokens for calls to other services and caches them: one for each audience and scope, renewed before it
 * expires. Create one for an application. It starts no timer.
 */
@Injectable()
export class TokenClient {
  private readonly renewal: Renewal;
  private readonly fetch: Fetch;
  private readonly tokens = new BoundedMap<RenewedToken>(MAX_TARGETS);

  /**
   * @param options the issuer, and the identity of the calling service
   * @throws {TypeError} naming the invalid option
   */
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
   * Returns a cached token, or requests one.
   *
   * @param target the audience and the scope of the token
   * @returns a valid token, as a compact JWS
   * @throws {TokenUnavailableError} if the issuer refuses, or is unavailable while no token is valid
   */
  getToken(target: TokenTarget): Promise<string> {
    return this.tokenFor(target).get();
  }

  /**
   * Makes a `fetch` that sends a token for the target. After a 401 it sends the request once more with a new
   * token, unless the body is a stream. It sends the token to every URL: call it only with URLs of that
   * service.
   *
   * @param target the audience and the scope of the token
   * @returns a function with the parameters of `fetch`, which can also reject with
   *   {@link TokenUnavailableError}
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
