import { Injectable, Logger } from '@nestjs/common';
import { type AuditEvent, AuditLog } from './audit-log.js';
import { redactEvent } from './redact-event.js';

/** Writes each audit event as one line of the application's log. */
@Injectable()
export class NestAuditLog extends AuditLog {
  private readonly log = new Logger('Audit');

  override record(requestId: string, event: AuditEvent): void {
    this.log.log(JSON.stringify({ requestId, ...redactEvent(event) }));
  }
}
