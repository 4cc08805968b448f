import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AdminModule } from '../admin/admin.module.js';
import type { Clock } from '../clock.js';
import type { Settings } from '../config/settings.js';
import { Metrics } from '../observability/metrics.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { SINGLE_PROCESS } from '../sync/change-notifier.js';
import { PersistenceModule } from '../persistence.module.js';
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
    const { lifetimeSeconds } = settings;
    return {
      module: CliModule,
      imports: [
        PersistenceModule.forRoot(settings, { clock, log, notifier: SINGLE_PROCESS, isService: false }),
        AdminModule.forRoot({
          imports: [observability],
          lifetimeSeconds,
          clock,
          importedKeys: settings.importedKeys,
          routes: false,
        }),
      ],
      providers: [{ provide: DOCTOR, useFactory: () => new Doctor(settings, fetch) }],
    };
  }
}
