import { createHash } from 'node:crypto';
import { Controller, Get, Header, Headers, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { namesEntityTag } from '../server/in-memory-file.js';
import type { PublicJwk } from '../keys/key-store.js';
import { KeyRing } from '../keys/key-ring.js';
import { KEY_SET_MAX_AGE_SECONDS } from '../keys/key-rotation.js';
import { JwksDto } from './dto/jwks.dto.js';

interface Response {
  header(name: string, value: string): Response;
  status(code: number): unknown;
}

/** `GET /.well-known/jwks.json`: the public keys (RFC 7517 §5); never a shared secret. */
@ApiTags('OAuth 2.0')
@Controller('.well-known/jwks.json')
export class JwksController {
  constructor(private readonly keys: KeyRing) {}

  @Get()
  @Header('Cache-Control', `public, max-age=${KEY_SET_MAX_AGE_SECONDS}`)
  @RouteConfig({ publicDocument: true })
  @ApiOperation({ summary: 'The public keys of this service' })
  @ApiResponse({ status: 200, description: 'A JWK Set (RFC 7517 section 5)', type: JwksDto })
  @ApiResponse({ status: 304, description: 'The set is the one that `If-None-Match` names' })
  jwks(
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): { keys: readonly PublicJwk[] } | undefined {
    const keys = this.keys.publicKeys;
    const tag = entityTag(keys);
    response.header('etag', tag);
    if (!namesEntityTag(known, tag)) return { keys };
    response.status(304);
    return undefined;
  }
}

/** A `kid` is the thumbprint of its key, so the IDs identify the set (RFC 9110 §8.8.3). */
function entityTag(keys: readonly PublicJwk[]): string {
  const names = keys.map(({ kid, alg }) => `${kid} ${alg}`).join('\n');
  return `"${createHash('sha256').update(names).digest('base64url').slice(0, 22)}"`;
}
