import type { IncomingMessage } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { HttpError } from '../../server/api-error.js';
import { admit } from './admitted-request.js';
import { sendError } from './send-error.js';
import type { EmbeddedPaths } from './embedded-paths.js';
import { checkHead, readJson } from './json-request.js';

interface ExpressRequest extends IncomingMessage {
  readonly originalUrl: string;
  body?: unknown;
  id?: unknown;
}

/**
 * Reads the bodies of requests to the embedded routes before a parser of the application does. Parsers skip a
 * body that was already read.
 */
export function useExpressHooks(adapter: AbstractHttpAdapter, paths: EmbeddedPaths): void {
  adapter.use((request: ExpressRequest, response: object, next: (error?: unknown) => void) => {
    const path = request.originalUrl.split('?', 1)[0] ?? '';
    if (request.method === 'OPTIONS' || !paths.hasLoosely(path)) {
      next();
      return;
    }
    for (const [name, value] of Object.entries(admit(request))) adapter.setHeader(response, name, value);
    read(request).then(next, (error: unknown) => {
      if (error instanceof HttpError) sendError(adapter, response, error);
      else next(error);
    });
  });
}

async function read(request: ExpressRequest): Promise<void> {
  checkHead(request);
  // Some serverless hosts pass requests that they have already read.
  if (request.readableDidRead) return;
  const { value } = await readJson(request.headers, request);
  request.body = value;
}
