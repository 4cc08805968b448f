import { Injectable, Logger } from '@nestjs/common';
import { BoundedMap } from '../concurrency/bounded-map.js';
import type { Fetch } from '../http-client/fetch-json.js';
import { BackOff } from './back-off.js';
import { type AxiosLike, bearerAxios } from './bearer-axios.js';
import { bearerFetch } from './bearer-fetch.js';
import { bearerGrpc, type GrpcInterceptor } from './bearer-grpc.js';
import { bearerUndici, type UndiciInterceptor } from './bearer-undici.js';
import { type ClientSettings, clientSettings } from './client-settings.js';
import { RenewedToken, type Renewal } from './renewed-token.js';
import type { TokenClientOptions, TokenTarget } from './token-client-options.js';
import { tokenRoutes } from './token-routes.js';
import { tokenSource } from './token-source.js';
import { type RequestedToken, requestedToken } from './token-target.js';

/** The most targets for which tokens are cached; beyond that, the oldest is evicted. */
const MAX_TARGETS = 1000;

/**
 * Gets tokens for calls to other services and caches them: one for each target, renewed before it
 * expires. Create one for an application. It starts no timer.
 */
@Injectable()
export class TokenClient {
  private readonly renewal: Renewal;
  private readonly settings: ClientSettings;
  private readonly cache = new BoundedMap<RenewedToken>(MAX_TARGETS);

  /**
   * @param options the issuer, and the identity of the calling service
   * @throws {TypeError} naming the invalid option
   */
  constructor(options: TokenClientOptions) {
    this.settings = clientSettings(options);
    const { clock, random, fetch } = this.settings;
    const log = new Logger('TokenClient');
    this.renewal = {
      source: tokenSource(tokenRoutes(this.settings), fetch),
      clock,
      random,
      outage: new BackOff(clock, random),
      report: ({ message }, { purpose }) =>
        log.warn(`The token for ${purpose} is not renewed yet. ${message}`),
    };
  }

  /** The issuer, and the client or the subject that requests tokens, for messages. */
  get name(): string {
    const { issuerUrl, credentials, subject } = this.settings;
    return `${issuerUrl} (${credentials?.clientId ?? subject ?? ''})`;
  }

  /**
   * Returns a cached token, or requests one.
   *
   * @param target what the token is for
   * @returns a valid token, as the value of a Bearer header
   * @throws {TokenUnavailableError} if the issuer refuses, or is unavailable while no token is valid
   * @throws {TypeError} naming the field of the target that is invalid
   */
  async getToken(target: TokenTarget): Promise<string> {
    return this.tokenFor(requestedToken(target, this.settings)).get();
  }

  /**
   * Makes a `fetch` that sends a token for the target. After a 401 it sends the request once more with a new
   * token, unless the body is a stream. It sends the token to every URL: call it only with URLs of that
   * service.
   *
   * @param target what the token is for
   * @returns a function with the parameters of `fetch`, which can also reject with
   *   {@link TokenUnavailableError}
   * @throws {TypeError} naming the field of the target that is invalid
   */
  fetchWith(target: TokenTarget): Fetch {
    return bearerFetch(this.tokens(target), this.settings.fetch);
  }

  /**
   * Makes an instance of axios send a token for the target with each request. After a 401 it sends the
   * request once more with a new token, unless the body is a stream. It sends the token to every URL that the
   * instance requests: give it one for that service, with its own `baseURL`.
   *
   * @param instance of axios 1: `axios.create({ … })`, or `axiosRef` of the `HttpService` of `@nestjs/axios`
   * @param target what the token is for
   * @returns the instance, whose requests can also reject with {@link TokenUnavailableError}
   * @throws {TypeError} naming the field of the target that is invalid
   */
  useWithAxios<Instance extends AxiosLike>(instance: Instance, target: TokenTarget): Instance {
    bearerAxios(instance, this.tokens(target));
    return instance;
  }

  /**
   * Makes an interceptor of undici 7 or later that sends a token for the target. After a 401 it sends the
   * request once more with a new token, unless the body is a stream. It sends the token to every URL that the
   * dispatcher requests. With undici's `redirect` interceptor, pass that one first, so that it removes the
   * token at a redirect to another origin: `agent.compose(interceptors.redirect(), tokens.undiciInterceptor(…))`.
   *
   * @param target what the token is for
   * @returns an argument for `compose`; requests can also reject with {@link TokenUnavailableError}
   * @throws {TypeError} naming the field of the target that is invalid
   */
  undiciInterceptor(target: TokenTarget): UndiciInterceptor {
    return bearerUndici(this.tokens(target));
  }

  /**
   * Makes an interceptor of `@grpc/grpc-js` that sends a token for the target as the metadata
   * `authorization`. After the status UNAUTHENTICATED it sends the call once more with a new token, unless
   * the request is a stream, or the response has begun. Without a token the call ends with the status
   * UNAVAILABLE; the error's `cause` is the {@link TokenUnavailableError}.
   *
   * @param target what the token is for
   * @returns an entry of the option `interceptors` of a client
   * @throws {TypeError} naming the field of the target that is invalid
   */
  grpcInterceptor(target: TokenTarget): GrpcInterceptor {
    return bearerGrpc(this.tokens(target));
  }

  /** The token of a target, looked up for each request: the cache may have evicted it. */
  private tokens(target: TokenTarget): () => RenewedToken {
    const requested = requestedToken(target, this.settings);
    return () => this.tokenFor(requested);
  }

  private tokenFor(requested: RequestedToken): RenewedToken {
    const known = this.cache.get(requested.id);
    if (known) return known;
    const token = new RenewedToken(requested, this.renewal);
    this.cache.set(requested.id, token);
    return token;
  }
}
