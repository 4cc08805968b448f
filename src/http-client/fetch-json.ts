import { decodeUtf8, parseStrictJson } from '../encoding/strict-json.js';
import { RemoteFailure } from './remote-failure.js';

/** A function that sends requests: the global `fetch` or a substitute for it. */
export type Fetch = typeof globalThis.fetch;

/**
 * Looks up the global `fetch` at each call: tracing and tests replace it after the application has started.
 */
export const globalFetch: Fetch = (input, init) => globalThis.fetch(input, init);

/** A response of another service, whatever its status. */
export interface JsonResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The body; `undefined` if it is not unambiguous JSON. */
  readonly body: unknown;
}

/** How long a response may take, with its body, in milliseconds. */
const TIMEOUT_MS = 5_000;

/** The largest body that is read, in bytes after decompression. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Requests JSON from another service. Redirects are not followed: a redirect could otherwise choose the keys,
 * or the recipient of a secret.
 *
 * @throws {RemoteFailure} if the request fails, no complete response arrives within 5 seconds, or its body is
 *   over 1 MiB
 */
export async function fetchJson(
  fetch: Fetch,
  address: string,
  init: RequestInit = {},
): Promise<JsonResponse> {
  try {
    const response = await fetch(address, {
      ...init,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = decodeUtf8(await readBody(response, address));
    const body = text === undefined ? undefined : parseStrictJson(text);
    return { status: response.status, headers: response.headers, body };
  } catch (cause) {
    throw cause instanceof RemoteFailure ? cause : RemoteFailure.from(cause, address);
  }
}

async function readBody({ body }: Response, address: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > MAX_BODY_BYTES) throw new RemoteFailure(address, 'the body is over 1 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
