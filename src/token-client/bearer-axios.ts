import { BearerAttempts } from './bearer-attempts.js';
import type { RenewedToken } from './renewed-token.js';
import { isRepeatableBody } from './repeatable-body.js';

/** An instance of axios 1: what `axios.create()` returns, or `HttpService.axiosRef` of `@nestjs/axios`. */
export interface AxiosLike {
  readonly interceptors: { readonly request: { readonly use: (...args: never[]) => unknown } };
  readonly create: (...args: never[]) => unknown;
}

/** The configuration of one request, after all interceptors. */
interface Config {
  adapter?: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly sensitiveHeaders?: readonly string[];
}

interface AxiosResponse {
  readonly status: number;
  readonly data: unknown;
  readonly request?: unknown;
  config: Config;
}

/** The part of an instance that is used here. */
interface Axios {
  readonly defaults: { headers: object };
  readonly interceptors: {
    readonly request: {
      use(fulfilled: (config: Config) => Config, rejected: null, options: { synchronous: true }): unknown;
    };
  };
  create(): Axios;
  request(config: object): Promise<AxiosResponse>;
}

/** What one request led to. */
interface Outcome {
  /** The response, also if `validateStatus` made it an error. */
  readonly response: AxiosResponse | undefined;
  /** Resolves or rejects as the request did. */
  readonly settled: Promise<AxiosResponse>;
}

/**
 * Makes an instance of axios send a token. An interceptor replaces the adapter of each request, so that the
 * second request repeats neither the interceptors nor the transformations, and so that a log of the response
 * or the error does not show the token.
 *
 * @param tokenOf returns the token to send; called for each request
 */
export function bearerAxios(instance: AxiosLike, tokenOf: () => RenewedToken): void {
  const axios = instance as unknown as Axios;
  // It has no interceptors, and finds the adapter that a name in the configuration means.
  const plain = axios.create();
  plain.defaults.headers = {};
  /** A library that repeats requests passes the configuration of the first one again. */
  const originals = new WeakMap<object, unknown>();
  axios.interceptors.request.use(
    (config) => {
      const { adapter: given } = config;
      const original = typeof given === 'function' ? (originals.get(given) ?? given) : given;
      const adapter = (final: Config): Promise<AxiosResponse> =>
        send(new BearerAttempts(tokenOf()), final, (token) => request(plain, final, original, token));
      originals.set(adapter, original);
      config.adapter = adapter;
      return config;
    },
    null,
    { synchronous: true },
  );
}

async function send(
  attempts: BearerAttempts,
  { data }: Config,
  attempt: (token: string) => Promise<Outcome>,
): Promise<AxiosResponse> {
  const first = await attempt(await attempts.first());
  if (first.response?.status !== 401) return first.settled;
  const another = await attempts.refused(isRepeatableBody(data));
  if (another === undefined) return first.settled;
  discard(first.response.data);
  const second = await attempt(another);
  if (second.response?.status === 401) await attempts.refused(false);
  return second.settled;
}

const unchanged = (data: unknown): unknown => data;

async function request(plain: Axios, config: Config, adapter: unknown, token: string): Promise<Outcome> {
  const headers = Object.entries(config.headers ?? {}).filter(([name]) => !/^authorization$/i.test(name));
  const settled = plain.request({
    ...config,
    adapter,
    headers: { ...Object.fromEntries(headers), Authorization: `Bearer ${token}` },
    // Removed at a redirect to another origin.
    sensitiveHeaders: [...(config.sensitiveHeaders ?? []), 'authorization'],
    transformRequest: [unchanged],
    transformResponse: [unchanged],
  });
  try {
    const response = await settled;
    hideToken(response, config);
    return { response, settled };
  } catch (cause) {
    if (typeof cause !== 'object' || cause === null) return { response: undefined, settled };
    const { response } = cause as { response?: AxiosResponse };
    hideToken(cause, config);
    if (response) hideToken(response, config);
    return { response, settled };
  }
}

/** Gives a response or an error the configuration without the token, and keeps the request out of logs. */
function hideToken(holder: { config?: Config; request?: unknown }, config: Config): void {
  if (holder.config) holder.config = config;
  // Node's request holds the headers as it sent them. Code can still read it.
  const { request: value } = holder;
  if (value) Object.defineProperty(holder, 'request', { value, enumerable: false });
}

/** Closes the connection of a response that is a stream. */
function discard(data: unknown): void {
  const { destroy } = Object(data) as { destroy?: unknown };
  if (typeof destroy === 'function') destroy.call(data);
}
