import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { ApiError } from '../server/api-error.js';
import { ApiErrors } from '../server/api-errors.decorator.js';

/** Gives the text of `/metrics`; none where the processes that it is about do not all answer. */
export type Scrape = () => Promise<string | undefined>;

/** Injection token of {@link Scrape}. */
export const SCRAPE = Symbol('SCRAPE');

/** `GET /metrics`: for Prometheus. */
@ApiTags('Diagnostics')
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(SCRAPE) private readonly scrapeAll: Scrape) {}

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  @ApiOperation({ summary: 'Metrics in the text format of Prometheus' })
  @ApiProduces('text/plain')
  @ApiResponse({ status: 200, description: 'The metrics', schema: { type: 'string' } })
  @ApiErrors(503)
  async scrape(): Promise<string> {
    const text = await this.scrapeAll();
    // Counters without those of one process would look as if they had begun anew.
    if (text === undefined) throw new ApiError(503, 'unavailable', 'A worker does not answer');
    return text;
  }
}
