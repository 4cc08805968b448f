import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { type AuditEvent, AuditLog } from './audit-log.js';
import { PersistedEvents } from './persisted-event.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/**
 * The maximum number of events that are written at a time: commands that run in a loop must not flood the
 * log.
 */
const BATCH = 100;

/**
 * Writes the events in the database to the log of the service: at the start those of the last day, which may
 * have been stored while no service ran, then each new one. Every process does so; `event_id` identifies
 * copies.
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

  /**
   * Writes the next events; called by the sync loop.
   *
   * @throws {StoreUnavailable} if the database cannot be read
   */
  async sync(): Promise<void> {
    this.from ??= this.clock.now() - DAY_MS;
    for (const { revision, document } of await this.events.since(this.revision, this.from, BATCH)) {
      const { requestId, event } = JSON.parse(document) as { requestId: string; event: AuditEvent };
      this.audit.record(requestId, event);
      this.revision = revision;
    }
  }
}
