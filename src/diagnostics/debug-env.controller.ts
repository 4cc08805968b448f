import { Controller, Get, Inject, Query } from '@nestjs/common';
import {
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiResponse,
  ApiSchema,
  ApiTags,
} from '@nestjs/swagger';
import { Clock } from '../clock.js';
import { DIAGNOSTICS_SETTINGS, type DiagnosticsSettings } from '../config/namespaces.js';
import { ApiError } from '../server/api-error.js';
import { ApiErrorResponse } from '../server/api-errors.decorator.js';
import { secretFingerprint } from '../jwt/secret-fingerprint.js';
import { secretWarnings } from '../jwt/secret-strength.js';
import { ClosableController } from '../server/closed-routes.js';
import { VERSION } from '../version.js';

/** What two holders of a secret can compare in place of the secret. */
@ApiSchema({ name: 'SecretFingerprint' })
class SecretFingerprintDto {
  @ApiProperty({ example: true })
  set!: boolean;

  @ApiPropertyOptional({
    example: '3f9a1c0b7d2e4f56',
    pattern: '^[0-9a-f]{16}$',
    description: 'Omitted if no shared secret is set',
  })
  fingerprint?: string;

  @ApiProperty({ type: [String], example: [] })
  warnings!: readonly string[];
}

/** The response of `GET /debug-env`. */
@ApiSchema({ name: 'DebugEnvResponse' })
class DebugEnvDto {
  @ApiProperty({ example: 'identity-backend' })
  JWT_ISSUER!: string;

  @ApiProperty({ example: 15 })
  JWT_EXPIRATION_MINUTES!: number;

  @ApiProperty({ example: 'HS256' })
  JWT_ALGORITHM!: string;

  @ApiProperty()
  JWT_SECRET_KEY!: SecretFingerprintDto;

  @ApiProperty({ example: '2026-01-01T00:00:00.000Z' })
  server_time!: string;

  @ApiProperty({ example: '1.0.0' })
  version!: string;
}

const NONCE = /^[A-Za-z0-9._-]{1,128}$/;

const invalidNonce = (): ApiError =>
  new ApiError(400, 'invalid_request', 'nonce must be given once, as 1 to 128 characters of A-Za-z0-9._-');

/** `GET /debug-env`: the settings that two services must share, and a fingerprint in place of the secret. */
@ApiTags('Diagnostics')
@Controller('debug-env')
export class DebugEnvController extends ClosableController {
  override readonly isOpen: boolean;

  constructor(
    @Inject(DIAGNOSTICS_SETTINGS) private readonly settings: DiagnosticsSettings,
    private readonly clock: Clock,
  ) {
    super();
    this.isOpen = settings.debugEnv;
  }

  @Get()
  @ApiOperation({ summary: 'Compare settings without exposing the secret' })
  @ApiQuery({ name: 'nonce', required: false, type: String, description: '1 to 128 of `A-Za-z0-9._-`, once' })
  @ApiResponse({ status: 200, description: 'The settings', type: DebugEnvDto })
  @ApiErrorResponse('The nonce is invalid', invalidNonce())
  show(@Query('nonce') nonce?: unknown): DebugEnvDto {
    if (nonce !== undefined && !(typeof nonce === 'string' && NONCE.test(nonce))) {
      throw invalidNonce();
    }
    const { issuer, lifetimeSeconds, algorithms, secret } = this.settings;
    return {
      JWT_ISSUER: issuer,
      JWT_EXPIRATION_MINUTES: lifetimeSeconds / 60,
      JWT_ALGORITHM: algorithms.join('|'),
      JWT_SECRET_KEY: {
        set: secret !== undefined,
        ...(secret !== undefined && { fingerprint: secretFingerprint(secret, nonce) }),
        warnings: secret === undefined ? [] : secretWarnings(secret),
      },
      server_time: new Date(this.clock.now()).toISOString(),
      version: VERSION,
    };
  }
}
