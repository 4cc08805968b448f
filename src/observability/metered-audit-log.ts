import { Inject, Injectable } from '@nestjs/common';
import { type AuditEvent, AuditLog, type TokenIssued } from '../audit/audit-log.js';
import { redactEvent } from '../audit/redact-event.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { JWT_SETTINGS, type JwtSettings } from '../config/namespaces.js';
import { type Log, LOG } from '../log.js';
import { Metrics } from './metrics.js';

/** The most audiences that are counted by name, however many clients there are. */
const MAX_AUDIENCES = 1_000;

/** Writes each audit event as one line of the log, marked `audit`, and counts it. */
@Injectable()
export class MeteredAuditLog extends AuditLog {
  private readonly log: Log;
  private readonly issuedByLabels = new Map<string, { inc(): void }>();
  private readonly namedAudiences = new Set<string>();

  constructor(
    @Inject(LOG) log: Log,
    private readonly metrics: Metrics,
    private readonly clients: ClientRegistry,
    @Inject(JWT_SETTINGS) private readonly settings: JwtSettings,
  ) {
    super();
    this.log = log.child({ audit: true });
  }

  override record(requestId: string, event: AuditEvent): void {
    this.log.info({ reqId: requestId, ...redactEvent(event) });
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

  /** Only known audiences count by name: labels that callers choose freely would be unbounded. */
  private labelOf(aud: TokenIssued['aud']): string {
    if (typeof aud !== 'string') return aud?.length === 1 ? this.labelOf(aud[0]) : 'several';
    if (this.namedAudiences.has(aud)) return this.isKnown(aud) ? aud : 'other';
    if (!this.isKnown(aud) || this.namedAudiences.size >= MAX_AUDIENCES) return 'other';
    this.namedAudiences.add(aud);
    return aud;
  }

  /** Whether a client or a setting names an audience. */
  private isKnown(audience: string): boolean {
    return this.settings.audienceAlgorithms.has(audience) || this.clients.namesAudience(audience);
  }
}
