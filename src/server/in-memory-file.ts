import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/** A file that is served from memory: one buffer for every response. */
export interface MemoryFile {
  readonly body: Buffer;
  readonly type: string;
  /** A strong validator (RFC 9110 §8.8.3). */
  readonly etag: string;
}

/** @param type media type */
export function memoryFile(content: string | Buffer, type: string): MemoryFile {
  const body = Buffer.from(content);
  return { body, type, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` };
}

/**
 * Adds a route for `GET` and `HEAD`. Caches keep the file and revalidate it each time.
 *
 * @param securityHeaders the security headers of its responses
 */
export function serveFromMemory(
  fastify: FastifyInstance,
  url: string,
  { body, type, etag }: MemoryFile,
  securityHeaders: Readonly<Record<string, string>>,
): void {
  fastify.get(url, { config: { securityHeaders } }, (request, reply) => {
    reply.header('etag', etag).header('cache-control', 'no-cache');
    if (namesEntityTag(request.headers['if-none-match'], etag)) return reply.code(304).send();
    return reply.type(type).send(body);
  });
}

/**
 * Whether `If-None-Match` names a tag, by weak comparison (RFC 9110 §13.1.2).
 *
 * @param ifNoneMatch the header as received
 */
export function namesEntityTag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((each) => {
    const tag = each.trim();
    return tag === '*' || tag.replace(/^W\//, '') === etag;
  });
}
