import { lookup as lookupName, type LookupAddress } from 'node:dns';
import { request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import type { Fetch } from './fetch-json.js';
import { literalAddressOf, type NetworkPolicy, remoteUrlFault } from './network-policy.js';
import { RemoteFailure } from './remote-failure.js';

/** Resolves a name to its addresses. */
export type ResolveName = (
  hostname: string,
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** What {@link restrictedFetch} may request. */
export interface RestrictedFetchOptions {
  readonly policy: NetworkPolicy;
  /** The IP address that an administrator entered in place of a name; see {@link NetworkPolicy.refusalOf}. */
  readonly literal: string | undefined;
  readonly allowLoopbackHttp: boolean;
  /** The certificates that the server is verified by, in PEM; the system's if omitted. */
  readonly certificates?: string | undefined;
  /** Ends every request. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the resolver of the system. */
  readonly resolve?: ResolveName | undefined;
}

/** No response may have these statuses with a body (Fetch §2.2.3). */
const WITHOUT_BODY = [101, 204, 205, 304];

/**
 * Makes a `fetch` for URLs that others name. It sends GET requests only, resolves names by itself, and connects
 * to exactly the address that it has checked, so that a name cannot resolve to another one in between. It
 * follows no redirect and keeps no connection.
 */
export function restrictedFetch(options: RestrictedFetchOptions): Fetch {
  return async (input, init = {}) => {
    if (typeof input !== 'string') throw new TypeError('The URL must be text');
    const { policy, literal, allowLoopbackHttp } = options;
    const fault = remoteUrlFault(input, { allowLoopbackHttp }) ?? literalFault(input, policy, literal);
    if (fault !== undefined) throw new RemoteFailure(input, fault);
    const signals = [options.signal, init.signal].filter((each) => each instanceof AbortSignal);
    const response = await send(new URL(input), {
      headers: { 'accept-encoding': 'identity', ...Object.fromEntries(new Headers(init.headers)) },
      lookup: checkedLookup(options, input),
      signal: AbortSignal.any(signals),
      agent: false,
      ...(options.certificates !== undefined && { ca: options.certificates }),
    });
    return asResponse(response, input);
  };
}

function literalFault(url: string, policy: NetworkPolicy, allowed: string | undefined): string | undefined {
  const literal = literalAddressOf(url);
  return literal === undefined ? undefined : policy.refusalOf(literal, allowed);
}

function send(url: URL, options: RequestOptions & { readonly ca?: string }): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestSecure : requestPlain)(url, options);
    request.once('response', resolve);
    request.once('error', (cause) => reject(asFetchError(cause, options.signal)));
    request.end();
  });
}

/** As the global fetch does it: the reason of the signal, or an error with that of the connection as cause. */
function asFetchError(cause: Error, signal: AbortSignal | undefined): Error {
  if (cause instanceof RemoteFailure) return cause;
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new TypeError('fetch failed', { cause });
}

/** Refuses a name if any of its addresses is refused. */
function checkedLookup(
  { policy, literal, resolve = resolveBySystem }: RestrictedFetchOptions,
  url: string,
): LookupFunction {
  return (hostname, { all }, callback) => {
    resolve(hostname, (error, addresses) => {
      const [first] = addresses;
      const failure = error ?? refusalOf(addresses);
      if (failure || !first) callback(failure ?? new RemoteFailure(url, 'has no address'), '', 0);
      else if (all) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };

  function refusalOf(addresses: readonly LookupAddress[]): RemoteFailure | undefined {
    for (const { address } of addresses) {
      const refusal = policy.refusalOf(address, literal);
      if (refusal !== undefined) return new RemoteFailure(url, `its address ${address} ${refusal}`);
    }
    return undefined;
  }
}

function resolveBySystem(...[hostname, done]: Parameters<ResolveName>): void {
  // Its type promises addresses, but there are none if the name does not resolve.
  lookupName(hostname, { all: true }, (error, addresses) => done(error, error ? [] : addresses));
}

function asResponse(message: IncomingMessage, url: string): Response {
  const { statusCode: status = 0, headers } = message;
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    message.destroy();
    throw new RemoteFailure(url, 'the response has a content-encoding', status);
  }
  const fields = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as [string, string]] : [],
  );
  const isEmpty = WITHOUT_BODY.includes(status) || status < 200;
  if (isEmpty) message.destroy();
  // Cancelling the stream destroys the socket, so a body that is too long is not received.
  const body = isEmpty ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>);
  return new Response(body, { status: status < 200 ? 204 : status, headers: fields });
}
