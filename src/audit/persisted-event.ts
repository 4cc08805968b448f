import { randomUUID } from 'node:crypto';
import type { AdministrationEvent } from './audit-log.js';

/** A change by an administrator as it is stored, in the same transaction as the change itself. */
export interface PersistedEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** JSON with the request ID and the event. */
  readonly document: string;
}

/** The author of a change, and the request that makes it. */
export interface Administrator {
  /** A client ID, or `command line`. */
  readonly id: string;
  readonly requestId: string;
  /**
   * The user of the operating system, if the change comes from the command line. Such events are stored in
   * the database, since the log of a command is a terminal, which keeps nothing.
   */
  readonly osUser?: string | undefined;
}

/** An event for the log, and its copy for the database, if there is one. */
export interface AuditedChange {
  readonly event: AdministrationEvent;
  readonly keep: PersistedEvent | undefined;
}

/**
 * Prepares an audit event for the log and, if it comes from the command line, for the database too.
 *
 * @param time milliseconds since 1970
 * @returns the event, which has an ID if there is a copy, and the copy to store
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
   * Reads the events after a revision, oldest first.
   *
   * @param revision that of the last known event; 0 for none
   * @param from the earliest time, in milliseconds since 1970
   * @param limit the maximum number of events
   * @throws {StoreUnavailable} if the database cannot be read
   */
  abstract since(
    revision: number,
    from: number,
    limit: number,
  ): Promise<readonly (PersistedEvent & { readonly revision: number })[]>;
}
