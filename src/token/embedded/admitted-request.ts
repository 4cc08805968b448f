import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { givenRequestId } from '../../server/request-id.js';

/** Requests of node:http that passed the edge. */
const admitted = new WeakSet<IncomingMessage>();

/** A request of Express, which is one of node:http, or of Fastify, which is around one. */
export type ServerRequest = { id?: unknown } & ({ readonly raw: IncomingMessage } | IncomingMessage);

/**
 * Marks a request that passed the edge, and settles its id: the one of the caller, else the one that the application
 * gave it, else a new one.
 *
 * @returns the headers that every answer to it carries
 */
export function admit(request: ServerRequest): Readonly<Record<string, string>> {
  const message = 'raw' in request ? request.raw : request;
  admitted.add(message);
  const own = typeof request.id === 'string' ? request.id : undefined;
  const id = givenRequestId(message) ?? own ?? randomUUID();
  request.id = id;
  return { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-request-id': id };
}

/** Keeps out requests that came by an address which the edge does not know: their bodies were read by other rules. */
@Injectable()
export class AdmittedGuard implements CanActivate {
  /** @throws {Error} */
  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<ServerRequest>();
    if (admitted.has('raw' in request ? request.raw : request)) return true;
    throw new Error(
      'The routes of TokenModule stand where the module does not know them: move them by the option `path` and by ' +
        'the global prefix of the application, not by RouterModule',
    );
  }
}
