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
    /** The security headers of the route, where it has others. */
    readonly securityHeaders?: Readonly<Record<string, string>>;
  }
}

/** What is told of each answer once it is sent. */
export interface CompletedRequest {
  readonly id: string;
  /** IP address of the caller. */
  readonly address: string;
  readonly method: string;
  /** Pattern of the route, or `unmatched`; never the address that was asked for, which may hold anything. */
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** How long a client may take to send a whole request, in milliseconds. */
const REQUEST_TIMEOUT_MS = 15_000;

/** How long a client may take to send the headers of a request, in milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000;

/** How long nothing may come through a connection while an answer is on its way, in milliseconds. */
const SILENCE_TIMEOUT_MS = 30_000;

/** How long a connection stays open between requests, in milliseconds: longer than proxies keep theirs. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/**
 * How many connections a process holds, where the system allows as many; more are closed as they come. Each may hold
 * a body and an answer in memory.
 */
const MAX_CONNECTIONS = 16_384;

/** Longer than any address that Node reads: a client id may take 128 characters, where Fastify's limit is 100. */
const MAX_PARAMETER_LENGTH = 16 * 1024;

/** What is said where Node could not make a request of what came; status line and words. */
const NO_REQUEST: Readonly<Record<string, readonly [status: string, words: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'Headers too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long'],
};

/** The options of the Fastify server that carries the application. */
export function serverOptions(): FastifyHttpOptions<Server> {
  return {
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    serverFactory: boundedServer,
    // A request on a connection that is still open while the service stops is answered, and the connection closed.
    return503OnClosing: false,
    genReqId: requestId,
    requestIdHeader: false,
    logController: new LogController({ disableRequestLogging: true }),
    // An address that is not one never reaches a route, nor any hook.
    frameworkErrors(_error, request, reply) {
      const { body } = new ApiError(400, 'invalid_request', 'The address is not a valid one');
      const answer = reply as FastifyReply;
      void answer.code(400).headers(SECURITY_HEADERS).header('x-request-id', request.id).send(body);
    },
    clientErrorHandler(error, socket) {
      // Not HTTP, too slow, or headers over Node's limit: there is no request that a hook or the error filter could see.
      if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
      const [status, words] = NO_REQUEST[error.code] ?? ['400 Bad Request', 'Not an HTTP request'];
      const body = JSON.stringify(new ApiError(400, 'invalid_request', words).body);
      socket.write(
        `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      // Whoever goes on sending would keep a connection that is closed on this side alone.
      socket.destroySoon();
    },
  };
}

/** The server that Fastify gets in place of one of its own. */
function boundedServer(listener: RequestListener): BoundedServer {
  const server = new BoundedServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      // Node would answer before the connection is bounded, without our headers or a body.
      requireHostHeader: false,
    },
    listener,
  );
  server.timeout = SILENCE_TIMEOUT_MS;
  return server;
}

/**
 * What every request passes through, whatever its route: headers, the reading of bodies, and the record of its answer.
 *
 * @param addresses says where requests come from
 * @param answered called once for each answer, after it was sent
 */
export function useServerHooks(
  fastify: FastifyInstance,
  addresses: CallerAddresses,
  answered: (request: CompletedRequest) => void,
): void {
  useCallerAddresses(fastify, addresses);
  useBodyParsers(fastify);
  fastify.server.maxConnections = MAX_CONNECTIONS;
  // Node would answer 417 without headers or body; a server may do without what it does not know (RFC 9110 §10.1.1).
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
    answered({
      id: request.id,
      address: request.ip,
      method: request.method,
      route: request.routeOptions.url ?? 'unmatched',
      status: reply.statusCode,
      milliseconds: reply.elapsedTime,
    });
    // Node closes what is idle when the server closes; a connection that becomes idle later would hold it open.
    if (closing) setImmediate(() => fastify.server.closeIdleConnections());
    done();
  });
}

/**
 * Sends 100 (Continue) only once the body is about to be read (RFC 9110 §10.1.1): a client that waits for it and is
 * refused by its headers never sends the body. Node by itself would ask for the body first. If the refusal comes
 * instead, Node closes the connection after it.
 */
function holdBackContinue(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue();
    });
    server.emit('request', request, response);
  });
}
