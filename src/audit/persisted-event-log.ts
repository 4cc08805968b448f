import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { type AuditEvent, AuditLog } from './audit-log.js';
import { PersistedEvents } from './persisted-event.js';

const DAY = 24 * 60 * 60 * 1000;
/** How many events are written at once: what a command line did in a loop must not fill the log in one go. */
const BATCH = 100;

/**
 * Writes the events that the database keeps to the log of the service: at the start those of the last day, which may have
 * happened while no service ran, and from then on each as it comes. Each process does; `event_id` tells copies apart.
 */
@Injectable()
export class PersistedEventLog {
  private revision = 0;
  private from: number | undefined;

  constructor(
    private readonly events: PersistedEvents,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
  ) {}

  /** @throws {StoreUnavailable} */
  async sync(): Promise<void> {
    this.from ??= this.clock.now() - DAY;
    for (const { revision, document } of await this.events.since(this.revision, this.from, BATCH)) {
      const { requestId, event } = JSON.parse(document) as { requestId: string; event: AuditEvent };
      this.audit.record(requestId, event);
      this.revision = revision;
    }
  }
}
