import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { ApiError } from '../server/api-error.js';
import { DIAGNOSTICS_SETTINGS, type DiagnosticsSettings } from '../config/namespaces.js';
import { ApiErrors } from '../server/api-errors.decorator.js';
import { ClosableController } from '../server/closed-routes.js';
import { MetricsText } from './metrics-text.js';

/** `GET /metrics`: for Prometheus. */
@ApiTags('Diagnostics')
@Controller('metrics')
export class MetricsController extends ClosableController {
  override readonly isOpen: boolean;

  constructor(
    private readonly metrics: MetricsText,
    @Inject(DIAGNOSTICS_SETTINGS) settings: DiagnosticsSettings,
  ) {
    super();
    this.isOpen = settings.metrics;
  }

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  @ApiOperation({ summary: 'Metrics in the text format of Prometheus' })
  @ApiProduces('text/plain')
  @ApiResponse({ status: 200, description: 'The metrics', schema: { type: 'string' } })
  @ApiErrors(503)
  async scrape(): Promise<string> {
    const text = await this.metrics.read();
    // Without the counts of one process, the sums would fall as after a restart.
    if (text === undefined) throw new ApiError(503, 'unavailable', 'A worker does not respond');
    return text;
  }
}
