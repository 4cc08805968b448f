/** The headers of a request of Express, Fastify or `node:http` as received. */
export interface RawHeaders {
  /** Names and values alternating, as received (Express, `node:http`). */
  readonly rawHeaders?: readonly string[];
  /** The underlying request of `node:http` (Fastify). */
  readonly raw?: { readonly rawHeaders?: readonly string[] };
}

/** The part of a request that the guard reads. */
export interface RequestWithHeaders extends RawHeaders {
  readonly headers?: { readonly authorization?: string };
}

const SCHEME = /^bearer(?: +|$)/i;

/**
 * Reads the token from the Authorization header (RFC 6750 §2.1). It is never read from the body or the URL,
 * which end up in logs (§5.3).
 *
 * @returns the token as received, well-formed or not; `undefined` without credentials of this scheme
 */
export function bearerToken(request: RequestWithHeaders): string | undefined {
  const authorization: unknown = request.headers?.authorization;
  if (typeof authorization !== 'string') return undefined;
  const values = authorizationsOf(request);
  // Node keeps the first of several headers, and a proxy in front may have checked the last. Joined, they are
  // not a token.
  if (values.length > 1) return values.join(', ');
  const scheme = SCHEME.exec(authorization)?.[0];
  return scheme === undefined ? undefined : authorization.slice(scheme.length);
}

/** Whether a request has two Authorization headers, equal or not: it is unknown which of them counts. */
export function hasTwoAuthorizations(request: RequestWithHeaders): boolean {
  return authorizationsOf(request).length > 1;
}

const NAME = 'authorization';

function authorizationsOf(request: RawHeaders): string[] {
  const rawHeaders = rawHeadersOf(request);
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (typeof name === 'string' && name.length === NAME.length && name.toLowerCase() === NAME) {
      values.push(String(rawHeaders[i + 1]));
    }
  }
  return values;
}

/**
 * The names and values of the headers as received. The payload of a message, which may have anything in place
 * of them, can be read as a request, too.
 */
export function rawHeadersOf(request: RawHeaders): readonly unknown[] {
  const rawHeaders: unknown = request.rawHeaders ?? request.raw?.rawHeaders;
  return Array.isArray(rawHeaders) ? rawHeaders : [];
}
