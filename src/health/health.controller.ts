import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  HealthIndicatorService,
} from '@nestjs/terminus';
import { TokenService } from '../token/token.service.js';

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
  @HealthCheck()
  @ApiOperation({ summary: 'Whether the process answers' })
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  @Get('ready')
  @HealthCheck()
  @ApiOperation({ summary: 'Whether tokens can be issued and verified' })
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => {
        const key = this.indicator.check('signing_key');
        return this.tokens.canSign() ? key.up() : key.down('The signing key does not verify its own signature');
      },
    ]);
  }
}
