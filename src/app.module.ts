import { Module } from '@nestjs/common';
import { AdminModule } from './admin/admin.module.js';
import { DiagnosticsModule } from './diagnostics/diagnostics.module.js';
import { HealthModule } from './health/health.module.js';
import { IssuerKeyRefreshModule } from './issuers/issuer-key-refresh.module.js';
import { OAuth2Module } from './oauth2/oauth2.module.js';
import { MonitoringModule } from './observability/monitoring.module.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { PersistenceModule } from './persistence.module.js';
import { ServiceTokenModule } from './service-token.module.js';
import { TokenRoutesModule } from './token/token-routes.module.js';

/**
 * The root module of the service. `createApp` adds ConfigModule and ProcessModule, which provide the
 * settings, the clock, the log and the link to the other workers.
 */
@Module({
  imports: [
    PersistenceModule,
    ObservabilityModule,
    ServiceTokenModule,
    TokenRoutesModule,
    OAuth2Module,
    AdminModule,
    HealthModule,
    DiagnosticsModule,
    MonitoringModule,
    IssuerKeyRefreshModule,
  ],
})
export class AppModule {}
