import type { Logger } from 'pino';
import { type AuditEvent, AuditLog } from '../audit/audit-log.js';
import { withoutSecrets } from '../jwt/without-secrets.js';
import type { VerificationLog } from '../token/verification-log.js';
import type { Metrics } from './metrics.js';

/** Writes each audit event as one line of the log, marked `audit`, and counts it. */
export class LogAndCount extends AuditLog {
  /** Verifications are counted only: there are too many of them to be audited, and they change nothing. */
  readonly verifications: VerificationLog;

  private readonly issued: { inc(): void };

  constructor(
    private readonly log: Logger,
    private readonly metrics: Metrics,
    algorithm: string,
  ) {
    super();
    // No client or setting names an audience yet: a label that anybody may choose has no bound.
    this.issued = metrics.tokensIssuedTo('anonymous', 'other', algorithm);
    this.verifications = { record: (code) => this.metrics.tokenVerified(code) };
  }

  override record(requestId: string, event: AuditEvent): void {
    this.log.info({ audit: true, reqId: requestId, ...event, ...namesOf(event) });
    if (event.event === 'token.refused') this.metrics.tokenRefused(event.code);
    else this.issued.inc();
  }
}

/** Names are the caller's own words: a token that was put in their place by mistake is taken out. */
function namesOf({ sub, aud, ...rest }: AuditEvent): object {
  return {
    ...(sub !== undefined && { sub: withoutSecrets(sub) }),
    ...(aud !== undefined && {
      aud: typeof aud === 'string' ? withoutSecrets(aud) : aud.map(withoutSecrets),
    }),
    ...('scope' in rest && rest.scope !== undefined && { scope: withoutSecrets(rest.scope) }),
  };
}
