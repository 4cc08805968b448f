import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AuditLog } from '../audit/audit-log.js';
import { VerificationLog } from '../token/verification-log.js';
import { LogAndCount } from './log-and-count.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';

/** What {@link ObservabilityModule.forRoot} takes. */
export interface ObservabilityOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Whether `GET /metrics` is served. */
  readonly serveMetrics: boolean;
  /** The algorithm that signs, as a label. */
  readonly algorithm: string;
}

/** What is seen of the service from outside: its log, its audit events and its metrics. */
@Module({})
export class ObservabilityModule {
  static forRoot({ log, metrics, serveMetrics, algorithm }: ObservabilityOptions): DynamicModule {
    const events = new LogAndCount(log, metrics, algorithm);
    return {
      module: ObservabilityModule,
      controllers: serveMetrics ? [MetricsController] : [],
      providers: [
        { provide: Metrics, useValue: metrics },
        { provide: AuditLog, useValue: events },
        { provide: VerificationLog, useValue: events.verifications },
      ],
      exports: [AuditLog, VerificationLog],
    };
  }
}
