import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Clock } from './clock.js';
import { ConfigModule } from './config/config.module.js';
import { secretWarnings } from './config/secret-strength.js';
import type { Settings } from './config/settings.js';
import { DiagnosticsModule } from './diagnostics/diagnostics.module.js';
import { HealthModule } from './health/health.module.js';
import type { Metrics } from './observability/metrics.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { TokenModule } from './token/token.module.js';
import { TokenRoutesModule } from './token/token-routes.module.js';
import { VERSION } from './version.js';

/** What the application is composed of besides its settings. */
export interface Surroundings {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The composition root: the one place where settings become the options of modules. */
@Module({})
export class AppModule {
  static forRoot(settings: Settings, { clock, log, metrics }: Surroundings): DynamicModule {
    const { issuer, lifetimeSeconds, algorithms, secret, previousSecrets, clockToleranceSeconds } = settings;
    const tokens = {
      ...TokenModule.forRoot({
        issuer,
        lifetimeSeconds,
        algorithms,
        secret,
        previousSecrets,
        clockToleranceSeconds,
        clock,
        showFingerprints: settings.debugEnv,
      }),
      global: true,
    };
    const observability = ObservabilityModule.forRoot({
      log,
      metrics,
      serveMetrics: settings.metrics,
      algorithm: algorithms[0] ?? '',
    });
    const diagnostics = {
      issuer,
      lifetimeSeconds,
      algorithms,
      secret,
      enabled: settings.debugEnv,
      secretWarnings: secretWarnings(secret),
      version: VERSION,
    };
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(settings),
        tokens,
        TokenRoutesModule.forRoot({ imports: [observability], access: settings.tokenEndpointAuth }),
        HealthModule,
        DiagnosticsModule.forRoot(diagnostics, clock),
        observability,
      ],
    };
  }
}
