import { Global, Module } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ClientsModule } from '../clients/clients.module.js';
import { EndpointAudienceLog } from '../oauth2/endpoint-audience-log.js';
import { IssuerReport } from '../issuers/issuer-report.js';
import { VerificationLog } from '../token/verification-log.js';
import { EndpointAudienceUses } from './endpoint-audience-uses.js';
import { IssuerLog } from './issuer-log.js';
import { MeteredAuditLog } from './metered-audit-log.js';
import { Metrics } from './metrics.js';
import { VerificationCounter } from './verification-counter.js';

/** Owns the audit log and the metrics, to which every module of the service writes. Opens no route. */
@Global()
@Module({
  imports: [ClientsModule],
  providers: [
    Metrics,
    { provide: AuditLog, useClass: MeteredAuditLog },
    { provide: VerificationLog, useClass: VerificationCounter },
    { provide: EndpointAudienceLog, useClass: EndpointAudienceUses },
    { provide: IssuerReport, useClass: IssuerLog },
  ],
  exports: [Metrics, AuditLog, VerificationLog, EndpointAudienceLog, IssuerReport],
})
export class ObservabilityModule {}
