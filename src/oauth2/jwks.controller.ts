import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { PublicJwk } from '../keys/key-store.js';
import { OwnKeys } from '../keys/own-keys.js';
import { JwksDocument } from './jwks.document.js';

/** `GET /.well-known/jwks.json`: the public keys (RFC 7517 §5); never a shared secret. */
@ApiTags('OAuth 2.0')
@Controller('.well-known/jwks.json')
export class JwksController {
  constructor(@Inject(OwnKeys) private readonly keys: OwnKeys) {}

  @Get()
  @Header('Cache-Control', 'public, max-age=300')
  @ApiOperation({ summary: 'The public keys of this service' })
  @ApiResponse({ status: 200, description: 'A JWK Set (RFC 7517 section 5)', type: JwksDocument })
  jwks(): { keys: readonly PublicJwk[] } {
    return { keys: this.keys.publicKeys };
  }
}
