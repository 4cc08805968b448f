import type { Logger } from 'pino';
import { type AuditEvent, AuditLog, type TokenIssued } from '../audit/audit-log.js';
import { redactEvent } from '../audit/redact-event.js';
import type { VerificationLog } from '../token/verification-log.js';
import type { KnownAudience } from './known-audience.js';
import type { Metrics } from './metrics.js';

/** How many audiences are counted by name; there may be any number of clients. */
const MAX_AUDIENCES = 1_000;

/** The one way of audit events into the log. */
export function auditWriter(log: Logger): (requestId: string, event: AuditEvent) => void {
  const audit = log.child({ audit: true });
  return (reqId, event) => audit.info({ reqId, ...redactEvent(event) });
}

/** Writes each audit event as one line of the log, marked `audit`, and counts it. */
export class MeteredAuditLog extends AuditLog {
  /** Verifications are counted only: there are too many of them to be audited, and they change nothing. */
  readonly verifications: VerificationLog;

  private readonly write: (requestId: string, event: AuditEvent) => void;
  private readonly issuedByLabels = new Map<string, { inc(): void }>();
  private readonly namedAudiences = new Set<string>();

  constructor(
    log: Logger,
    private readonly metrics: Metrics,
    private readonly isKnown: KnownAudience,
  ) {
    super();
    this.write = auditWriter(log);
    this.verifications = { record: (code) => this.metrics.tokenVerified(code) };
  }

  override record(requestId: string, event: AuditEvent): void {
    this.write(requestId, event);
    if (event.event === 'token.refused') this.metrics.tokenRefused(event.code);
    if (event.event === 'token.revoked') this.metrics.tokenRevoked();
    if (event.event === 'token.issued') this.issued(event).inc();
  }

  private issued({ aud, alg, client_id }: TokenIssued): { inc(): void } {
    const caller = client_id === undefined ? 'anonymous' : 'client';
    const audience = this.labelOf(aud);
    const key = `${caller} ${alg} ${audience}`;
    let counter = this.issuedByLabels.get(key);
    if (!counter) {
      counter = this.metrics.tokensIssuedTo(caller, audience, alg);
      this.issuedByLabels.set(key, counter);
    }
    return counter;
  }

  /** A label that anybody may choose has no bound: only what is known counts by name. */
  private labelOf(aud: TokenIssued['aud']): string {
    if (typeof aud !== 'string') return aud?.length === 1 ? this.labelOf(aud[0]) : 'several';
    if (this.namedAudiences.has(aud)) return this.isKnown(aud) ? aud : 'other';
    if (!this.isKnown(aud) || this.namedAudiences.size >= MAX_AUDIENCES) return 'other';
    this.namedAudiences.add(aud);
    return aud;
  }
}
