import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from '../../server/api-error.js';
import { admit } from './admitted-request.js';
import { sendError } from './send-error.js';
import type { EmbeddedPaths } from './embedded-paths.js';
import { checkHead, type JsonBody, readJson } from './json-request.js';

/**
 * Reads the bodies of requests to the embedded routes before a parser of the application does, and replaces
 * its result.
 */
export function useFastifyHooks(adapter: AbstractHttpAdapter, paths: EmbeddedPaths): void {
  const server = adapter.getInstance<FastifyInstance>();
  const bodies = new WeakMap<FastifyRequest, JsonBody>();

  server.addHook('onRequest', (request, reply, done) => {
    // A request with another method matches no route, so only its URL has the path.
    const path = request.routeOptions.url ?? request.url.split('?', 1)[0] ?? '';
    if (request.method === 'OPTIONS' || !paths.has(path)) {
      done();
      return;
    }
    reply.headers(admit(request));
    try {
      checkHead(request.raw);
      done();
    } catch (error) {
      refuse(adapter, reply, error, done);
    }
  });

  server.addHook('preParsing', (request, reply, payload, done) => {
    if (request.is404 || !paths.has(request.routeOptions.url ?? '')) {
      done(null, payload);
      return;
    }
    readJson(request.headers, payload as Readable).then(
      (body) => {
        bodies.set(request, body);
        if (body.bytes.length === 0) forgetBody(request.raw.headers);
        done(null, again(body.bytes));
      },
      (error: unknown) => refuse(adapter, reply, error, done),
    );
  });

  server.addHook('preValidation', (request, _reply, done) => {
    const body = bodies.get(request);
    if (body) request.body = body.value;
    done();
  });
}

function refuse(
  adapter: AbstractHttpAdapter,
  reply: FastifyReply,
  error: unknown,
  next: (error: Error) => void,
): void {
  if (error instanceof HttpError) sendError(adapter, reply, error);
  else next(error as Error);
}

/** Removes the headers of an empty body: the application need not have a parser for its type. */
function forgetBody(headers: IncomingHttpHeaders): void {
  delete headers['content-type'];
  delete headers['transfer-encoding'];
}

/** The bytes as a new stream, for the parser of the application, which Fastify always calls. */
function again(bytes: Buffer): Readable & { receivedEncodedLength: number } {
  return Object.assign(Readable.from(bytes.length === 0 ? [] : [bytes]), {
    receivedEncodedLength: bytes.length,
  });
}
