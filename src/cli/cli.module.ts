import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AdministrationModule } from '../admin/admin.module.js';
import type { Clock } from '../clock.js';
import type { Settings } from '../config/settings.js';
import { Metrics } from '../observability/metrics.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { NO_SIBLINGS } from '../sync/change-notifier.js';
import { StateModule } from '../persistence.module.js';
import { Doctor, DOCTOR } from '../diagnostics/doctor.js';

/** The command line: it works on the database, beside a running service or without one. */
@Module({})
export class CliModule {
  static forRoot(settings: Settings, clock: Clock, log: Logger): DynamicModule {
    const observability = ObservabilityModule.forRoot({
      log,
      metrics: new Metrics(),
      clock,
      scrape: undefined,
    });
    const { issuer, lifetimeSeconds } = settings;
    return {
      module: CliModule,
      imports: [
        StateModule.forRoot(settings, { clock, log, siblings: NO_SIBLINGS, isService: false }),
        AdministrationModule.forRoot({
          imports: [observability],
          issuer,
          lifetimeSeconds,
          clock,
          givenKeys: settings.givenKeys,
          routes: false,
        }),
      ],
      providers: [{ provide: DOCTOR, useFactory: () => new Doctor(settings, fetch) }],
    };
  }
}
