import { BearerAttempts } from './bearer-attempts.js';
import type { RenewedToken } from './renewed-token.js';
import { isRepeatableBody } from './repeatable-body.js';
import { type Handler, UndiciHandler } from './undici-handler.js';

/** An interceptor for `dispatcher.compose()` of undici 7 and later. */
export type UndiciInterceptor = <Dispatch extends (options: never, handler: never) => boolean>(
  dispatch: Dispatch,
) => Dispatch;

/** The options of a request. */
interface DispatchOptions {
  readonly body?: unknown;
  readonly headers?: unknown;
}

type Dispatch = (options: DispatchOptions, handler: Handler) => boolean;

/**
 * Makes an interceptor that sends a token.
 *
 * @param tokenOf returns the token to send; called for each request
 */
export function bearerUndici(tokenOf: () => RenewedToken): UndiciInterceptor {
  return <D>(dispatch: D) => intercept(dispatch as Dispatch, tokenOf) as D;
}

function intercept(dispatch: Dispatch, tokenOf: () => RenewedToken): Dispatch {
  return (options, handler) => {
    const attempts = new BearerAttempts(tokenOf());
    const send = (token: string, repeat?: (token: string) => void): void => {
      const headers = { ...otherHeaders(options.headers), authorization: `Bearer ${token}` };
      dispatch({ ...options, headers }, new UndiciHandler(attempts, handler, repeat));
    };
    const repeat = isRepeatableBody(options.body) ? (token: string) => send(token) : undefined;
    attempts
      .first()
      .then((token) => send(token, repeat))
      .catch((cause: unknown) => handler.onResponseError?.(null, cause as Error));
    return true;
  };
}

/**
 * The headers apart from Authorization as an object, whichever form they have: an object, pairs, or names and
 * values in turn. Several values of one name are an array.
 */
function otherHeaders(headers: unknown): Readonly<Record<string, unknown>> {
  const others = new Map<string, unknown[]>();
  for (const [name, value] of pairsOf(headers)) {
    const key = String(name).toLowerCase();
    if (key !== 'authorization' && value !== undefined)
      others.set(key, (others.get(key) ?? []).concat(value));
  }
  return Object.fromEntries(
    [...others].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

function pairsOf(headers: unknown): Iterable<readonly [unknown, unknown]> {
  if (typeof headers !== 'object' || headers === null) return [];
  if (!(Symbol.iterator in headers)) return Object.entries(headers);
  const items = [...(headers as Iterable<unknown>)];
  if (items.every((item) => Array.isArray(item))) return items as [unknown, unknown][];
  return items.flatMap((name, index) => (index % 2 === 0 ? [[name, items[index + 1]] as const] : []));
}
