import type { AbstractHttpAdapter } from '@nestjs/core';
import type { HttpError } from '../../server/api-error.js';

/** Sends an error of this package, whatever server the application runs on. */
export function sendError(
  adapter: AbstractHttpAdapter,
  response: unknown,
  { status, headers, body }: HttpError,
): void {
  const type = { 'content-type': 'application/json; charset=utf-8' };
  for (const [name, value] of Object.entries({ ...headers, ...type })) {
    adapter.setHeader(response, name, value);
  }
  adapter.reply(response, body, status);
}
