import type { Fetch } from '../http-client/fetch-json.js';
import { BearerAttempts } from './bearer-attempts.js';
import type { RenewedToken } from './renewed-token.js';
import { isRepeatableBody } from './repeatable-body.js';

/**
 * Makes a `fetch` that sends a token. If the service responds 401, the token is dropped, and the request is
 * sent once more with a new one, provided that its body can be sent twice.
 *
 * @param tokenOf returns the token to send; called for each request
 */
export function bearerFetch(tokenOf: () => RenewedToken, fetch: Fetch): Fetch {
  return async (input, init) => {
    const attempts = new BearerAttempts(tokenOf());
    const response = await fetch(input, withBearer(input, init, await attempts.first()));
    if (response.status !== 401) return response;
    const another = await attempts.refused(canSendAgain(input, init));
    if (another === undefined) return response;
    await response.body?.cancel();
    const second = await fetch(input, withBearer(input, init, another));
    if (second.status === 401) await attempts.refused(false);
    return second;
  };
}

type Input = Parameters<Fetch>[0];

function withBearer(input: Input, init: RequestInit | undefined, token: string): RequestInit {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  headers.set('authorization', `Bearer ${token}`);
  return { ...init, headers };
}

/** The body of a `Request` is a stream. */
function canSendAgain(input: Input, init: RequestInit | undefined): boolean {
  return isRepeatableBody(init?.body ?? (input instanceof Request ? input.body : null));
}
