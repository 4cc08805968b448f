import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorResult,
  HealthIndicatorService,
} from '@nestjs/terminus';
import { Clock } from '../clock.js';
import { ApiError } from '../server/api-error.js';
import { ApiErrorResponse } from '../server/api-errors.decorator.js';
import { SharedResult } from '../concurrency/shared-result.js';
import { IssuerKeys } from '../issuers/issuer-keys.js';
import { IssuerRegistry } from '../issuers/issuer-registry.js';
import { SyncLoop } from '../sync/sync-loop.js';
import { TokenService } from '../token/token.service.js';
import { HealthDto } from './dto/health.dto.js';

/** The state from the database is fresh up to this age, in seconds. */
const FRESH_SECONDS = 5;

/** From this age on, in seconds, the state is too old to serve requests. */
const OLDEST_SECONDS = 60;

type Readiness = Omit<HealthCheckResult, 'status'> & { readonly status: string };

/** `GET /health/live` and `GET /health/ready`, for process managers and load balancers. */
@ApiTags('Health')
@Controller('health')
export class HealthController {
  private readonly readiness: SharedResult<Readiness>;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicator: HealthIndicatorService,
    private readonly tokens: TokenService,
    private readonly syncLoop: SyncLoop,
    private readonly issuers: IssuerRegistry,
    private readonly issuerKeys: IssuerKeys,
    clock: Clock,
  ) {
    this.readiness = new SharedResult(() => this.check(), clock);
  }

  @Get('live')
  @HealthCheck({ swaggerDocumentation: false })
  @ApiOperation({ summary: 'Whether the process responds' })
  @ApiResponse({ status: 200, description: 'It does', type: HealthDto })
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  @Get('ready')
  @HealthCheck({ swaggerDocumentation: false })
  @ApiOperation({ summary: 'Whether tokens can be issued and verified' })
  @ApiResponse({
    status: 200,
    description: 'They can; `degraded` while the database is unavailable',
    type: HealthDto,
  })
  @ApiErrorResponse('They cannot', new ApiError(503, 'unavailable', 'The service is unavailable'))
  ready(): Promise<Readiness> {
    return this.readiness.get();
  }

  private async check(): Promise<Readiness> {
    const unreachable = this.unreachableIssuers();
    const result = await this.health.check([
      () => this.signingKey(),
      () => this.database(),
      () => this.trustedIssuers(unreachable),
    ]);
    const isDegraded = this.syncLoop.ageSeconds > FRESH_SECONDS || unreachable > 0;
    return isDegraded ? { ...result, status: 'degraded' } : result;
  }

  private async signingKey(): Promise<HealthIndicatorResult> {
    const key = this.indicator.check('signing_key');
    return (await this.tokens.canSign())
      ? key.up()
      : key.down('The signing key does not verify its own signature');
  }

  /**
   * While the database is unavailable, requests are served from memory, as long as the state there is not too
   * old.
   */
  private database(): HealthIndicatorResult {
    const age = Math.floor(this.syncLoop.ageSeconds);
    const database = this.indicator.check('database');
    return age < OLDEST_SECONDS ? database.up({ age_seconds: age }) : database.down({ age_seconds: age });
  }

  /** An outage of an outside issuer concerns its own tokens alone, so the service is up, but degraded. */
  private trustedIssuers(unreachable: number): HealthIndicatorResult {
    const issuers = this.indicator.check('trusted_issuers');
    return unreachable === 0 ? issuers.up() : issuers.up({ unreachable });
  }

  /** The number of issuers whose keys could not be fetched the last time. */
  private unreachableIssuers(): number {
    return [...this.issuers.all].filter(
      (entry) => !entry.disabled && this.issuerKeys.stateOf(entry).failure !== undefined,
    ).length;
  }
}
