import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  HealthIndicatorService,
} from '@nestjs/terminus';
import { ErrorDocument } from '../http/error.document.js';
import { TokenService } from '../token/token.service.js';
import { HealthDocument } from './health.document.js';

/** `GET /health/live` and `GET /health/ready`, for process managers and load balancers. */
@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(HealthIndicatorService) private readonly indicator: HealthIndicatorService,
    @Inject(TokenService) private readonly tokens: TokenService,
  ) {}

  @Get('live')
  @HealthCheck({ swaggerDocumentation: false })
  @ApiOperation({ summary: 'Whether the process answers' })
  @ApiResponse({ status: 200, description: 'It does', type: HealthDocument })
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  @Get('ready')
  @HealthCheck({ swaggerDocumentation: false })
  @ApiOperation({ summary: 'Whether tokens can be issued and verified' })
  @ApiResponse({ status: 200, description: 'They can', type: HealthDocument })
  @ApiResponse({ status: 503, description: 'They cannot', type: ErrorDocument })
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => {
        const key = this.indicator.check('signing_key');
        return this.tokens.canSign()
          ? key.up()
          : key.down('The signing key does not verify its own signature');
      },
    ]);
  }
}
