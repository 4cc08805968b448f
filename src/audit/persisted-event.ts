import { randomUUID } from 'node:crypto';
import type { AdministrationEvent } from './audit-log.js';

/**
 * A change by an administrator as stored in the database, written in the transaction of the change itself.
 */
export interface PersistedEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** JSON: the request and the event. */
  readonly document: string;
}

/** The author of a change, and the request that makes it. */
export interface Administrator {
  /** A client ID, or `command line`. */
  readonly id: string;
  readonly requestId: string;
  /**
   * The user of the operating system, if the change comes from the command line: its own log is a terminal,
   * which keeps nothing.
   */
  readonly osUser?: string | undefined;
}

/** An event for the log, and what the database stores of it. */
export interface AuditedChange {
  readonly event: AdministrationEvent;
  readonly keep: PersistedEvent | undefined;
}

/**
 * Prepares an audit event; one from the command line also for the database.
 *
 * @param time milliseconds since 1970
 * @returns the event with the ID that identifies its copies, and what the database stores
 */
export function auditedChange(
  event: AdministrationEvent,
  { requestId, osUser }: Administrator,
  time: number,
): AuditedChange {
  if (osUser === undefined) return { event, keep: undefined };
  const id = randomUUID();
  const named = { ...event, os_user: osUser, event_id: id, at: new Date(time).toISOString() };
  return { event: named, keep: { id, time, document: JSON.stringify({ requestId, event: named }) } };
}

/** The stored events, in the order in which they became visible. */
export abstract class PersistedEvents {
  /**
   * @param revision of the last known event; 0 for none
   * @param from the earliest time, in milliseconds since 1970
   * @throws {StoreUnavailable}
   */
  abstract since(
    revision: number,
    from: number,
    limit: number,
  ): Promise<readonly (PersistedEvent & { readonly revision: number })[]>;
}
