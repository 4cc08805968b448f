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

/** For how many targets tokens are kept; the oldest goes. */
const MAX_TARGETS = 1000;

/**
 * Gets tokens for calls to other services and keeps them: one for each audience and scope, renewed ahead of its end.
 * Made once for an application. Starts no timer.
 */
@Injectable()
export class TokenClient {
  private readonly renewal: Renewal;
  private readonly fetch: Fetch;
  private readonly tokens = new BoundedMap<RenewedToken>(MAX_TARGETS);

  /** @throws {TypeError} naming the option that is wrong */
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
   * @returns a token that is good now, as compact JWS
   * @throws {TokenUnavailableError} where the issuer refuses, or is away and no token is good any more
   */
  getToken(target: TokenTarget): Promise<string> {
    return this.tokenFor(target).get();
  }

  /**
   * A `fetch` that shows a token for the target. After a 401 it asks once more with a new token, unless the body of the
   * request is a stream. It goes wherever it is sent: give it addresses of that service alone.
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
