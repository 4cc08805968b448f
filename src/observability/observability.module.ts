import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AuditLog } from '../audit/audit-log.js';
import { VerificationLog } from '../token/verification-log.js';
import { KNOWN_AUDIENCE, type KnownAudience } from './known-audience.js';
import { LogAndCount } from './log-and-count.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';

/** What {@link ObservabilityModule.forRoot} takes. */
export interface ObservabilityOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Whether `GET /metrics` is served. */
  readonly serveMetrics: boolean;
}

/** What is seen of the service from outside: its log, its audit events and its metrics. */
@Module({})
export class ObservabilityModule {
  static forRoot({ log, metrics, serveMetrics }: ObservabilityOptions): DynamicModule {
    return {
      module: ObservabilityModule,
      controllers: serveMetrics ? [MetricsController] : [],
      providers: [
        { provide: Metrics, useValue: metrics },
        {
          provide: AuditLog,
          inject: [{ token: KNOWN_AUDIENCE, optional: true }],
          useFactory: (isKnown: KnownAudience = () => false) => new LogAndCount(log, metrics, isKnown),
        },
        {
          provide: VerificationLog,
          inject: [AuditLog],
          useFactory: (events: LogAndCount) => events.verifications,
        },
      ],
      exports: [AuditLog, VerificationLog],
    };
  }
}
