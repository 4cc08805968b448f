import type { LookupAddress } from 'node:dns';
import { type IncomingHttpHeaders, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure, type RequestOptions as SecureRequestOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Fetch } from './fetch-json.js';
import { type Resolved, type ResolveName, resolveBySystem } from './name-lookup.js';
import { isLoopbackAddress, literalAddressOf, type NetworkPolicy, remoteUrlFault } from './network-policy.js';
import { RemoteFailure } from './remote-failure.js';

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

/** A request with all that may end it. */
interface Attempt {
  readonly url: string;
  /**
   * The body refers to them until it has ended: `AbortSignal.any` alone lets them be collected, and a collected
   * time limit never aborts.
   */
  readonly signals: readonly AbortSignal[];
}

/** Responses with these statuses have no body (Fetch §2.2.3). */
const WITHOUT_BODY = [204, 205, 304];

/**
 * Makes a `fetch` for URLs that others name. It sends GET requests only, resolves names by itself, and connects
 * to exactly the addresses that it has checked, so that a name cannot resolve to another one in between. It
 * follows no redirect, accepts no content coding, and keeps no connection.
 *
 * @returns a function that rejects with a {@link RemoteFailure}, as does the body of its response
 */
export function restrictedFetch(options: RestrictedFetchOptions): Fetch {
  return async (input, init = {}) => {
    if (typeof input !== 'string') throw new TypeError('The URL must be text');
    const fault = remoteUrlFault(input, options) ?? literalFault(input, options);
    if (fault !== undefined) throw new RemoteFailure(input, fault);
    const signals = [options.signal, init.signal].filter((each) => each instanceof AbortSignal);
    const attempt: Attempt = { url: input, signals };
    try {
      const url = new URL(input);
      const signal = AbortSignal.any(signals);
      const message = await send(url, {
        headers: { ...Object.fromEntries(new Headers(init.headers)), 'accept-encoding': 'identity' },
        lookup: checkedLookup(options, input, signal),
        signal,
        agent: false,
        // Without the dot at the end of an absolute name (RFC 6066 §3), and never an IP address.
        servername: literalAddressOf(input) === undefined ? url.hostname.replace(/\.$/, '') : '',
        // Explicit, because NODE_TLS_REJECT_UNAUTHORIZED=0 is the default otherwise.
        rejectUnauthorized: true,
        ...(options.certificates !== undefined && { ca: options.certificates }),
      });
      return asResponse(message, attempt);
    } catch (cause) {
      throw asFailure(cause, attempt);
    }
  };
}

function literalFault(url: string, { policy, literal }: RestrictedFetchOptions): string | undefined {
  const address = literalAddressOf(url);
  const refusal = address === undefined ? undefined : policy.refusalOf(address, literal);
  return refusal === undefined ? undefined : `has a host that ${refusal}`;
}

function send(url: URL, options: SecureRequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestSecure : requestPlain)(url, options);
    request.once('response', resolve);
    request.on('error', reject);
    // Without an error, this is how a response with the status 101 ends. After a response, it has no effect.
    request.once('close', reject);
    request.end();
  });
}

/** As the global fetch does it, the reason of the signal counts, or the code of the connection's error. */
function asFailure(cause: unknown, { url, signals }: Attempt): RemoteFailure {
  if (cause instanceof RemoteFailure) return cause;
  const aborted = signals.find((signal) => signal.aborted);
  return RemoteFailure.from(aborted ? aborted.reason : { cause }, url);
}

/** Refuses a name if any of its addresses is refused. */
function checkedLookup(
  { policy, literal, resolve = resolveBySystem }: RestrictedFetchOptions,
  url: string,
  signal: AbortSignal,
): LookupFunction {
  return (hostname, { all }, callback) => {
    const resolved: Resolved = (error, addresses) => {
      const [first] = addresses;
      const failure = error ?? refusalOf(hostname, addresses);
      if (failure || !first) callback(failure ?? new RemoteFailure(url, `${hostname} has no address`), '', 0);
      else if (all) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    };
    resolve(hostname, resolved, signal);
  };

  function refusalOf(hostname: string, addresses: readonly LookupAddress[]): RemoteFailure | undefined {
    for (const { address } of addresses) {
      const refusal = policy.refusalOf(address, literal) ?? plainHttpFault(url, address);
      if (refusal !== undefined) {
        return new RemoteFailure(url, `${hostname} resolves to ${address}, which ${refusal}`);
      }
    }
    return undefined;
  }
}

/** The name `localhost` leads to another host if the resolver of the system is wrong. */
function plainHttpFault(url: string, address: string): string | undefined {
  return new URL(url).protocol === 'https:' || isLoopbackAddress(address) ? undefined : 'is not on this host';
}

/** @throws {RemoteFailure} if the response is not used; its connection is closed then */
function asResponse(message: IncomingMessage, attempt: Attempt): Response {
  const { statusCode: status = 0, headers } = message;
  const fault = responseFault(status, headers);
  if (fault !== undefined) {
    message.destroy();
    throw new RemoteFailure(attempt.url, fault, status);
  }
  const fields = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as [string, string]] : [],
  );
  if (WITHOUT_BODY.includes(status)) {
    message.destroy();
    return new Response(null, { status, headers: fields });
  }
  return new Response(bodyOf(message, attempt), { status, headers: fields });
}

function responseFault(status: number, headers: IncomingHttpHeaders): string | undefined {
  // `Response` accepts no other status.
  if (status < 200 || status > 599) return `status ${status}`;
  const coding = headers['content-encoding'] ?? 'identity';
  return coding.toLowerCase() === 'identity' ? undefined : 'the response has a content-encoding';
}

/** The body as it arrives. If the stream is cancelled, the connection is closed, so that no more arrives. */
function bodyOf(message: IncomingMessage, attempt: Attempt): ReadableStream {
  const chunks = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await chunks.next();
        // A body that ends with the connection is complete to Node.js if a signal closed the connection.
        for (const signal of attempt.signals) signal.throwIfAborted();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      } catch (cause) {
        controller.error(asFailure(cause, attempt));
      }
    },
    cancel: () => void message.destroy(),
  });
}
