import type { Fetch } from '../http-client/fetch-json.js';
import type { RenewedToken } from './renewed-token.js';

/**
 * Makes a `fetch` that sends a token. If the service responds 401, the token is dropped, and the request is
 * sent once more with a new one, provided that its body can be sent twice.
 *
 * @param tokenOf returns the token to send; called for each request
 */
export function bearerFetch(tokenOf: () => RenewedToken, fetch: Fetch): Fetch {
  return async (input, init) => {
    const renewed = tokenOf();
    const token = await renewed.get();
    const response = await fetch(input, withBearer(input, init, token));
    if (response.status !== 401 || !renewed.drop(token) || !canSendAgain(input, init)) return response;
    // Without another token the response is returned unchanged.
    const another = await renewed.get().catch(() => undefined);
    if (another === undefined) return response;
    await response.body?.cancel();
    const second = await fetch(input, withBearer(input, init, another));
    if (second.status === 401) renewed.refusedAgain();
    return second;
  };
}

type Input = Parameters<Fetch>[0];

function withBearer(input: Input, init: RequestInit | undefined, token: string): RequestInit {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  headers.set('authorization', `Bearer ${token}`);
  return { ...init, headers };
}

/** Whether a body can be sent again. A stream cannot, and the body of a `Request` is one. */
function canSendAgain(input: Input, init: RequestInit | undefined): boolean {
  const body: unknown = init?.body ?? (input instanceof Request ? input.body : null);
  return (
    body === null ||
    typeof body === 'string' ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    [URLSearchParams, FormData, Blob].some((type) => body instanceof type)
  );
}
