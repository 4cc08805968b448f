import type { ExecutionContext, HttpException } from '@nestjs/common';

/** Loads what {@link transportError} needs for a transport; `undefined` if nothing is to be awaited. */
export function loadTransport(_type: string): Promise<void> | undefined {
  return undefined;
}

/** Makes of an error with an HTTP status and a body what the transport of a request throws. */
export function transportError(_context: ExecutionContext, error: HttpException): Error {
  return error;
}
