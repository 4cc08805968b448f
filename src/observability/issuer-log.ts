import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { redactName } from '../audit/redact-event.js';
import { IssuerReport, type OutsideTokenEvent } from '../issuers/issuer-report.js';
import { type Log, LOG } from '../log.js';
import { Metrics } from './metrics.js';

/** The most entries that are counted by name, however many there are or were. */
const MAX_NAMED = 1_000;

/** Counts the tokens of trusted issuers, writes a line for each, and one for each outage. */
@Injectable()
export class IssuerLog extends IssuerReport {
  /** The labels of entries, by their IDs. */
  private readonly labels = new Map<string, string>();
  /** By their labels: to look them up each time would take as long as the line of the log. */
  private readonly counters = new Map<string, { inc(): void }>();

  constructor(
    private readonly audit: AuditLog,
    private readonly metrics: Metrics,
    @Inject(LOG) private readonly log: Log,
  ) {
    super();
  }

  override outcome({ requestId, use, issuer, outcome, subject }: OutsideTokenEvent): void {
    this.counterOf(this.labelOf(issuer), use, outcome).inc();
    const known = { use, trusted_issuer: issuer, sub: subject };
    this.audit.record(
      requestId,
      outcome === 'accepted'
        ? { event: 'outside_token.accepted', ...known }
        : { event: 'outside_token.refused', check: outcome, ...known },
    );
  }

  override keysUnavailable(issuer: string, reason: string): void {
    this.metrics.issuerKeysLost(this.labelOf(issuer));
    this.log.warn(
      { trusted_issuer: redactName(issuer), reason },
      'the keys of a trusted issuer cannot be fetched',
    );
  }

  override keysRestored(issuer: string): void {
    this.log.info({ trusted_issuer: redactName(issuer) }, 'the keys of a trusted issuer were fetched again');
  }

  private counterOf(...labels: readonly [issuer: string, use: string, outcome: string]): { inc(): void } {
    const key = labels.join(' ');
    const counter = this.counters.get(key) ?? this.metrics.outsideTokensOf(...labels);
    this.counters.set(key, counter);
    return counter;
  }

  private labelOf(issuer: string | undefined): string {
    if (issuer === undefined) return 'unknown';
    const known = this.labels.get(issuer);
    if (known !== undefined) return known;
    if (this.labels.size >= MAX_NAMED) return 'other';
    const label = redactName(issuer);
    this.labels.set(issuer, label);
    return label;
  }
}
