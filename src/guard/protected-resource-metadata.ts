import type { HttpAdapterHost } from '@nestjs/core';
import type { ProtectedResource } from './protected-resource.js';

/** How long clients may cache the document, in seconds. It changes only when the application restarts. */
const MAX_AGE_SECONDS = 300;

/** A list of header names (RFC 9110 §5.1, §5.6.1). */
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~, -]+$/;

/** The headers of all responses: pages of every origin may read them, without credentials (Fetch §3.3.5). */
const PUBLIC_HEADERS = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
};

const ALLOWED = 'GET, HEAD';

interface DocumentResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is read of a request, of Express or Fastify. */
interface ReceivedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

type HttpAdapter = NonNullable<HttpAdapterHost['httpAdapter']>;

/** The resource by path, for each server. */
const servedBy = new WeakMap<HttpAdapter, Map<string, string>>();

/**
 * Serves the metadata of a protected resource at its well-known URLs. They are at the root of the origin, and
 * public (RFC 9728 §3): neither the prefix and the versions of the application's routes apply to them, nor
 * its guards, its rules for CORS, or a handler for all paths. Call it before the application listens. Without
 * an HTTP server, it does nothing.
 *
 * @throws {Error} if this server already serves the metadata of another resource at the same path
 */
export function serveMetadata(
  { httpAdapter }: Pick<HttpAdapterHost, 'httpAdapter'>,
  { document, paths }: ProtectedResource,
): void {
  // An application without HTTP has none, whatever the type says.
  const adapter = httpAdapter as HttpAdapter | undefined;
  if (!adapter || paths.length === 0) return;
  claim(adapter, paths, document.resource);
  const body = JSON.stringify(document);
  const respond = (request: ReceivedRequest): DocumentResponse => responseTo(request, body);
  if (adapter.getType() === 'fastify') addRoutes(adapter.getInstance<FastifyServer>(), paths, respond);
  else addMiddleware(adapter, paths, respond);
}

function claim(adapter: HttpAdapter, paths: readonly string[], resource: string): void {
  const served = servedBy.get(adapter) ?? new Map<string, string>();
  servedBy.set(adapter, served);
  for (const path of paths) {
    const other = served.get(path);
    if (other !== undefined) {
      throw new Error(
        `IdentityAuthModule: the resources ${other} and ${resource} both have their metadata at ${path}; set metadata: false for one`,
      );
    }
    served.set(path, resource);
  }
}

function responseTo({ method, headers }: ReceivedRequest, body: string): DocumentResponse {
  switch (method) {
    case 'GET':
    case 'HEAD':
      return json(200, body, { 'cache-control': `public, max-age=${MAX_AGE_SECONDS}` });
    case 'OPTIONS':
      return { status: 204, headers: preflightHeaders(headers), body: '' };
    default: {
      const error = `Method not allowed; allowed: ${ALLOWED}`;
      return json(405, JSON.stringify({ error, code: 'method_not_allowed' }), { allow: ALLOWED });
    }
  }
}

function json(status: number, body: string, headers: Readonly<Record<string, string>>): DocumentResponse {
  return {
    status,
    headers: { ...PUBLIC_HEADERS, 'content-type': 'application/json; charset=utf-8', ...headers },
    body,
  };
}

function preflightHeaders(headers: ReceivedRequest['headers']): Readonly<Record<string, string>> {
  const names = headers['access-control-request-headers'];
  return {
    ...PUBLIC_HEADERS,
    allow: ALLOWED,
    'access-control-allow-methods': ALLOWED,
    // In browsers, `*` allows every name but Authorization: the requested names are listed.
    'access-control-allow-headers': typeof names === 'string' && HEADER_NAMES.test(names) ? names : '*',
    'access-control-max-age': '3600',
    vary: 'access-control-request-headers',
  };
}

/** What is used of a server of Fastify 4 and 5. */
interface FastifyServer {
  all(path: string, options: object, handler: FastifyHandler): unknown;
  hasRoute(route: { readonly method: string; readonly url: string }): boolean;
}

interface FastifyReply {
  code(status: number): FastifyReply;
  headers(headers: Readonly<Record<string, string>>): FastifyReply;
  send(body: string): unknown;
}

type FastifyHandler = (request: ReceivedRequest, reply: FastifyReply) => unknown;

/** In Fastify a route of its own beats one for all paths, in whatever order they are added. */
function addRoutes(
  server: FastifyServer,
  paths: readonly string[],
  respond: (request: ReceivedRequest) => DocumentResponse,
): void {
  const handler: FastifyHandler = (request, reply) => {
    const { status, headers, body } = respond(request);
    return reply.code(status).headers(headers).send(body);
  };
  for (const path of paths) {
    // With `ignoreTrailingSlash`, a path without the slash is the same route as the one with it.
    const isTaken = server.hasRoute({ method: 'GET', url: path });
    if (isTaken && paths.includes(`${path}/`)) continue;
    if (isTaken) {
      throw new Error(
        `IdentityAuthModule: the application has a route of its own at ${path}; set metadata: false, or remove it`,
      );
    }
    // With `cors: false`, the plug-in for CORS ignores the route. The hook responds before a body is read.
    server.all(path, { config: { cors: false }, onRequest: handler }, handler);
  }
}

/** What is used of an application of Express 4 and 5. */
interface ExpressServer {
  readonly _router?: ExpressRouter;
  readonly router?: ExpressRouter;
}

interface ExpressRouter {
  readonly stack: unknown[];
}

interface ExpressRequest extends ReceivedRequest {
  /** The path and query as received, also in an application that is mounted under a path. */
  readonly originalUrl: string;
}

interface ExpressResponse {
  writeHead(status: number, headers: Readonly<Record<string, string | number>>): ExpressResponse;
  end(body?: string): unknown;
}

function addMiddleware(
  adapter: HttpAdapter,
  paths: readonly string[],
  respond: (request: ReceivedRequest) => DocumentResponse,
): void {
  adapter.use((request: ExpressRequest, response: ExpressResponse, next: () => void) => {
    const [path = ''] = request.originalUrl.split('?', 1);
    if (!paths.includes(path)) {
      next();
      return;
    }
    const { status, headers, body } = respond(request);
    const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) };
    response.writeHead(status, { ...headers, ...length }).end(request.method === 'HEAD' ? '' : body);
  });
  // Express asks in the order of registration: what the application added before, such as its CORS and a
  // handler for all paths, would respond instead. Express 4 throws if `router` is read.
  const server = adapter.getInstance<ExpressServer>();
  const { stack = [] } = server._router ?? server.router ?? {};
  stack.unshift(...stack.splice(-1));
}
