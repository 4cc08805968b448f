import { LogController } from 'fastify';
import type { FastifyHttpOptions, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { ApiError } from './api-error.js';
import { type CallerAddresses, useCallerAddresses } from './caller-address.js';
import { ignoreTypeOfEmptyBody, useBodyParsers } from './body-parsers.js';
import { BoundedServer } from './bounded-server.js';
import { MAX_BODY_BYTES } from './json-body.js';
import { refuseMissingHost, refuseRepeatedHeaders } from './repeated-headers.js';
import { requestId } from './request-id.js';
import { SECURITY_HEADERS } from './security-headers.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The security headers of the route, if not {@link SECURITY_HEADERS}. */
    readonly securityHeaders?: Readonly<Record<string, string>>;
  }
}

/** A request whose response was sent. */
export interface CompletedRequest {
  readonly id: string;
  /** IP address of the caller. */
  readonly address: string;
  readonly method: string;
  /** Pattern of the route, or `unmatched`; never the requested URL, which may hold anything. */
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** How long a client may take to send a whole request. */
const REQUEST_TIMEOUT_MS = 15_000;

/** How long a client may take to send the headers of a request. */
const HEADERS_TIMEOUT_MS = 10_000;

/** How long a connection may be silent while a response is being sent. */
const SILENCE_TIMEOUT_MS = 30_000;

/** How long a connection stays open between requests: longer than proxies keep theirs. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/**
 * The most connections of a process, if the system allows as many; further connections are closed on arrival.
 * Each may hold a body and a response in memory.
 */
const MAX_CONNECTIONS = 16_384;

/**
 * Longer than any URL that Node reads. A client ID may have 128 characters, and Fastify's own limit is 100.
 */
const MAX_PARAMETER_LENGTH = 16 * 1024;

/** The responses to bytes that Node cannot read as a request: status line and message. */
const NO_REQUEST: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'Headers too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long'],
};

/** The options of the Fastify server that carries the application. */
export function serverOptions(): FastifyHttpOptions<Server> {
  return {
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    serverFactory: boundedServer,
    // While the service stops, a request on an open connection gets its response, and the connection is
    // closed.
    return503OnClosing: false,
    genReqId: requestId,
    requestIdHeader: false,
    logController: new LogController({ disableRequestLogging: true }),
    // A malformed URL reaches neither a route nor a hook.
    frameworkErrors(_error, request, reply) {
      const { body } = new ApiError(400, 'invalid_request', 'The URL is not valid');
      const response = reply as FastifyReply;
      void response.code(400).headers(SECURITY_HEADERS).header('x-request-id', request.id).send(body);
    },
    clientErrorHandler(error, socket) {
      // Not HTTP, too slow, or headers over Node's limit: there is no request for a hook or the error filter.
      if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
      const [status, message] = NO_REQUEST[error.code] ?? ['400 Bad Request', 'Not an HTTP request'];
      const body = JSON.stringify(new ApiError(400, 'invalid_request', message).body);
      socket.write(
        `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      // A client that continues to send would keep the connection half open.
      socket.destroySoon();
    },
  };
}

/** The server that Fastify uses in place of its own. */
function boundedServer(listener: RequestListener): BoundedServer {
  const server = new BoundedServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      // Node would respond before the connection is bounded, without our headers and body.
      requireHostHeader: false,
    },
    listener,
  );
  server.timeout = SILENCE_TIMEOUT_MS;
  return server;
}

/**
 * Adds the hooks and parsers of every request, and records its response.
 *
 * @param addresses finds the IP addresses of callers
 * @param completed called once for each request, after its response was sent
 */
export function useServerHooks(
  fastify: FastifyInstance,
  addresses: CallerAddresses,
  completed: (request: CompletedRequest) => void,
): void {
  useCallerAddresses(fastify, addresses);
  useBodyParsers(fastify);
  fastify.server.maxConnections = MAX_CONNECTIONS;
  // Node would respond with 417, without our headers and body. A server may ignore an expectation that it
  // does not support (RFC 9110 §10.1.1).
  fastify.server.on('checkExpectation', (request, response) =>
    fastify.server.emit('request', request, response),
  );
  holdBackContinue(fastify.server);
  let closing = false;
  fastify.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    reply.headers(request.routeOptions.config.securityHeaders ?? SECURITY_HEADERS);
    reply.header('x-request-id', request.id);
    refuseMissingHost(request.raw);
    refuseRepeatedHeaders(request.raw.rawHeaders);
    ignoreTypeOfEmptyBody(request.raw.headers);
    addresses.lookForProxy(request.raw);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    completed({
      id: request.id,
      address: request.ip,
      method: request.method,
      route: request.routeOptions.url ?? 'unmatched',
      status: reply.statusCode,
      milliseconds: reply.elapsedTime,
    });
    // Node closes idle connections when the server closes; one that becomes idle later would keep the server
    // open.
    if (closing) setImmediate(() => fastify.server.closeIdleConnections());
    done();
  });
}

/**
 * Sends 100 (Continue) only when the body is about to be read (RFC 9110 §10.1.1): a client that waits for it
 * never sends the body of a request that is rejected by its headers. By default, Node would request the body
 * first. After a rejection, Node closes the connection.
 */
function holdBackContinue(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue();
    });
    server.emit('request', request, response);
  });
}
