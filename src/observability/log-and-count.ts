import type { Logger } from 'pino';
import { type AuditEvent, AuditLog, type TokenIssued } from '../audit/audit-log.js';
import { shown } from '../audit/shown.js';
import type { VerificationLog } from '../token/verification-log.js';
import type { KnownAudience } from './known-audience.js';
import type { Metrics } from './metrics.js';

/** How many audiences are counted by name; there may be any number of clients. */
const MAX_AUDIENCES = 1_000;

/** What all tokens of one caller, audience and algorithm share, made once: their part of the line, and their counter. */
interface IssuedKind {
  readonly counter: { inc(): void };
  readonly log: Logger;
}

/** Writes each audit event as one line of the log, marked `audit`, and counts it. */
export class LogAndCount extends AuditLog {
  /** Verifications are counted only: there are too many of them to be audited, and they change nothing. */
  readonly verifications: VerificationLog;

  private readonly kinds = new Map<string, IssuedKind>();
  private readonly namedAudiences = new Set<string>();

  constructor(
    private readonly log: Logger,
    private readonly metrics: Metrics,
    private readonly isKnown: KnownAudience,
  ) {
    super();
    this.verifications = { record: (code) => this.metrics.tokenVerified(code) };
  }

  override record(requestId: string, event: AuditEvent): void {
    if (event.event === 'token.issued') {
      const { event: _name, alg: _alg, ...token } = shown(event);
      const kind = this.kindOf(event);
      kind.counter.inc();
      kind.log.info({ reqId: requestId, ...token });
      return;
    }
    this.log.info({ audit: true, reqId: requestId, ...shown(event) });
    if (event.event === 'token.refused') this.metrics.tokenRefused(event.code);
    if (event.event === 'token.revoked') this.metrics.tokenRevoked();
  }

  private kindOf({ event, aud, alg, client_id }: TokenIssued): IssuedKind {
    const caller = client_id === undefined ? 'anonymous' : 'client';
    const audience = this.labelOf(aud);
    const name = `${caller} ${alg} ${audience}`;
    let kind = this.kinds.get(name);
    if (!kind) {
      kind = {
        counter: this.metrics.tokensIssuedTo(caller, audience, alg),
        log: this.log.child({ audit: true, event, alg }),
      };
      this.kinds.set(name, kind);
    }
    return kind;
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
