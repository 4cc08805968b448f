import type { Logger } from 'pino';
import { type AuditEvent, AuditLog } from '../audit/audit-log.js';
import type { VerificationLog } from '../token/verification-log.js';
import type { Metrics } from './metrics.js';

/** Writes each audit event as one line of the log, marked `audit`, and counts it. */
export class LogAndCount extends AuditLog {
  /** Verifications are counted only: there are too many of them to be audited, and they change nothing. */
  readonly verifications: VerificationLog;

  constructor(
    private readonly log: Logger,
    private readonly metrics: Metrics,
    private readonly algorithm: string,
  ) {
    super();
    this.verifications = { record: (code) => this.metrics.tokenVerified(code) };
  }

  override record(requestId: string, event: AuditEvent): void {
    this.log.info({ audit: true, reqId: requestId, ...event });
    if (event.event === 'token.refused') this.metrics.tokenRefused(event.code);
    // No client or setting names an audience yet: a label that anybody may choose has no bound.
    else this.metrics.tokenIssued('anonymous', 'other', this.algorithm);
  }
}
