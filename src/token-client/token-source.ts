import { isJsonObject } from '../encoding/strict-json.js';
import { fetchJson, type Fetch, type JsonResponse } from '../http-client/fetch-json.js';
import { RemoteFailure } from '../http-client/remote-failure.js';
import type { TokenRoute } from './token-routes.js';
import type { RequestedToken } from './token-target.js';
import { TokenUnavailableError } from './token-unavailable-error.js';

/** A token as issued. */
export interface FetchedToken {
  readonly token: string;
  /** Seconds from the time of the request. */
  readonly lifetimeSeconds: number;
}

/** Requests a token. A failure is a value, never an exception. */
export type TokenSource = (target: RequestedToken) => Promise<FetchedToken | TokenUnavailableError>;

/** The tokens that a Bearer header can carry (RFC 6750 §2.1). Any other text would break the header. */
const BEARER = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * The form of the codes of RFC 6749 §5.2 and the JSON routes. Other text may contain anything and is dropped.
 */
const CODE = /^[a-z_]{1,64}$/;

/** @returns a source that requests tokens from these routes */
export function tokenSource(
  routes: Readonly<Record<RequestedToken['route'], TokenRoute>>,
  fetch: Fetch,
): TokenSource {
  return async (target) => {
    const route = routes[target.route];
    const outcome = await request(route, target, fetch);
    if (outcome instanceof TokenUnavailableError && mayHaveMoved(outcome)) route.failed();
    return outcome;
  };
}

/** An error code is the response of a token endpoint; any other failure may mean that it has moved. */
function mayHaveMoved({ isOutage, code }: TokenUnavailableError): boolean {
  return isOutage || code === 'invalid_response';
}

async function request(
  route: TokenRoute,
  target: RequestedToken,
  fetch: Fetch,
): Promise<FetchedToken | TokenUnavailableError> {
  try {
    const { address, init } = await route.request(target);
    return readResponse(await fetchJson(fetch, address, init), route, address);
  } catch (cause) {
    const reason = cause instanceof RemoteFailure ? cause.message : 'the request could not be made';
    return new TokenUnavailableError({ code: 'issuer_unreachable', reason });
  }
}

function readResponse(
  response: JsonResponse,
  route: TokenRoute,
  address: string,
): FetchedToken | TokenUnavailableError {
  const { status } = response;
  const body = isJsonObject(response.body) ? response.body : {};
  if (status !== 200) return refusal(response, body[route.codeField], address);
  const { [route.tokenField]: token, expires_in: lifetime = route.defaultLifetimeSeconds } = body;
  const isBearer = String(body['token_type']).toLowerCase() === 'bearer';
  const isUsable = isBearer && typeof token === 'string' && BEARER.test(token);
  if (isUsable && typeof lifetime === 'number' && lifetime > 0) return { token, lifetimeSeconds: lifetime };
  const reason = `${address}: the response has no bearer token with a lifetime`;
  return new TokenUnavailableError({ status, code: 'invalid_response', reason });
}

function refusal({ status, headers }: JsonResponse, named: unknown, address: string): TokenUnavailableError {
  const code = typeof named === 'string' && CODE.test(named) ? named : 'invalid_response';
  const seconds = /^\d{1,9}$/.exec(headers.get('retry-after') ?? '')?.[0];
  return new TokenUnavailableError({
    status,
    code,
    reason: `${address}: status ${status}, ${code}`,
    ...(seconds !== undefined && { retryAfterSeconds: Number(seconds) }),
  });
}
