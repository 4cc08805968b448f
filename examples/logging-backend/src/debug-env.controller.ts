import { BadRequestException, Controller, Get, Inject, Query } from '@nestjs/common';
import { Public, secretFingerprint } from '@acme/identity-client/guard';
import { SETTINGS, type Settings } from './settings.js';
import { VERSION } from './version.js';

const NONCE = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * `GET /debug-env`: what this service and the issuer must share, and a fingerprint in place of the secret. Equal
 * fingerprints mean equal secrets: `identity-backend doctor --peer` compares them.
 */
@Controller('debug-env')
export class DebugEnvController {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  @Get()
  @Public()
  show(@Query('nonce') nonce?: unknown): object {
    if (nonce !== undefined && !(typeof nonce === 'string' && NONCE.test(nonce))) {
      throw new BadRequestException({
        error: 'nonce must be 1 to 128 of A-Za-z0-9._-',
        code: 'invalid_request',
      });
    }
    const { issuer, secrets: [secret] = [], algorithms } = this.settings.tokens;
    return {
      JWT_ISSUER: issuer,
      ...(algorithms && { JWT_ALGORITHM: algorithms.join('|') }),
      JWT_SECRET_KEY: {
        set: secret !== undefined,
        ...(secret !== undefined && { fingerprint: secretFingerprint(secret, nonce) }),
      },
      server_time: new Date().toISOString(),
      version: VERSION,
    };
  }
}
