import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AuditLog } from '../audit/audit-log.js';
import type { Clock } from '../clock.js';
import { EndpointAudienceLog } from '../oauth2/endpoint-audience-log.js';
import { VerificationLog } from '../token/verification-log.js';
import { EndpointAudienceUses } from './endpoint-audience-uses.js';
import { KNOWN_AUDIENCE, type KnownAudience } from './known-audience.js';
import { MeteredAuditLog } from './metered-audit-log.js';
import { Metrics } from './metrics.js';
import { MetricsController, type Scrape, SCRAPE } from './metrics.controller.js';
import { StateGauges } from './state-gauges.js';

/** What {@link ObservabilityModule.forRoot} takes. */
export interface ObservabilityOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** The text of `GET /metrics`; where left out, the route is not there. */
  readonly scrape: Scrape | undefined;
}

/** What is seen of the service from outside: its log, its audit events and its metrics. */
@Module({})
export class ObservabilityModule {
  static forRoot({ log, metrics, clock, scrape }: ObservabilityOptions): DynamicModule {
    return {
      module: ObservabilityModule,
      controllers: scrape ? [MetricsController] : [],
      providers: [
        { provide: SCRAPE, useValue: scrape },
        StateGauges,
        { provide: Metrics, useValue: metrics },
        {
          provide: AuditLog,
          inject: [{ token: KNOWN_AUDIENCE, optional: true }],
          useFactory: (isKnown: KnownAudience = () => false) => new MeteredAuditLog(log, metrics, isKnown),
        },
        {
          provide: VerificationLog,
          inject: [AuditLog],
          useFactory: (events: MeteredAuditLog) => events.verifications,
        },
        { provide: EndpointAudienceLog, useFactory: () => new EndpointAudienceUses(log, metrics, clock) },
      ],
      exports: [AuditLog, VerificationLog, EndpointAudienceLog],
    };
  }
}
