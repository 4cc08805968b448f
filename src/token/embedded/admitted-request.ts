import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { givenRequestId } from '../../server/request-id.js';

/** The requests of `node:http` that the hooks of the embedded routes have admitted. */
const admitted = new WeakSet<IncomingMessage>();

/** A request of Express, which is one of `node:http`, or of Fastify, which wraps one. */
export type ServerRequest = { id?: unknown } & ({ readonly raw: IncomingMessage } | IncomingMessage);

/**
 * Marks a request as admitted and sets its ID: the caller's, otherwise the application's, otherwise a new
 * one.
 *
 * @returns the headers for every response to it
 */
export function admit(request: ServerRequest): Readonly<Record<string, string>> {
  const message = 'raw' in request ? request.raw : request;
  admitted.add(message);
  const own = typeof request.id === 'string' ? request.id : undefined;
  const id = givenRequestId(message) ?? own ?? randomUUID();
  request.id = id;
  return { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-request-id': id };
}

/**
 * Rejects requests that the hooks did not admit because they do not know the path: their bodies were read by
 * other rules.
 */
@Injectable()
export class AdmittedGuard implements CanActivate {
  /** @throws {Error} that says how to set the path */
  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<ServerRequest>();
    if (admitted.has('raw' in request ? request.raw : request)) return true;
    throw new Error(
      'TokenModule does not know the path of its routes: set it with the option `path` and the global prefix of ' +
        'the application, not with RouterModule',
    );
  }
}
