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

const MIB = 1024 * 1024;

/** A request for JSON. */
export interface JsonRequest extends RequestInit {
  /** The largest body that is read, in bytes after decompression; 1 MiB by default. */
  readonly maxBytes?: number | undefined;
}

/**
 * Requests JSON from another service. Redirects are not followed: a redirect could otherwise choose the keys,
 * or the recipient of a secret.
 *
 * @throws {RemoteFailure} if the request fails, no complete response arrives within 5 seconds, or its body is
 *   too large
 */
export async function fetchJson(
  fetch: Fetch,
  address: string,
  { maxBytes = MIB, ...init }: JsonRequest = {},
): Promise<JsonResponse> {
  try {
    const response = await fetch(address, {
      ...init,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = decodeUtf8(await readBody(response, address, maxBytes));
    const body = text === undefined ? undefined : parseStrictJson(text);
    return { status: response.status, headers: response.headers, body };
  } catch (cause) {
    throw cause instanceof RemoteFailure ? cause : RemoteFailure.from(cause, address);
  }
}

async function readBody({ body }: Response, address: string, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > maxBytes) throw new RemoteFailure(address, `the body is over ${sizeText(maxBytes)}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function sizeText(bytes: number): string {
  return bytes < MIB ? `${bytes / 1024} KiB` : `${bytes / MIB} MiB`;
}
