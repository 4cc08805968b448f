/** What a token request asked for, in the caller's words, if they could be read. */
interface AskedFor {
  readonly sub: string | undefined;
  readonly aud: string | readonly string[] | undefined;
  readonly scope?: string | undefined;
  /** The client that sent the request; omitted if none was authenticated. */
  readonly client_id?: string | undefined;
}

/** An issued token, identified by its `jti`, never shown. */
export interface TokenIssued extends AskedFor {
  readonly event: 'token.issued';
  readonly jti: string;
  readonly alg: string;
}

/** A refused token request. */
export interface TokenRefused extends AskedFor {
  readonly event: 'token.refused';
  /** As in the response. */
  readonly code: string;
}

/** A failed client authentication. */
export interface AuthenticationFailed {
  readonly event: 'authentication.failed';
  /** As in the response. */
  readonly code: 'invalid_client' | 'too_many_requests';
  /** The named client; omitted if no client has that name, which may be a secret in the wrong place. */
  readonly client_id: string | undefined;
  /** The IP address that sent the request. */
  readonly address: string;
}

/** A revoked token. */
export interface TokenRevoked {
  readonly event: 'token.revoked';
  readonly jti: string;
  /** The client that it was issued to; omitted if it names none. */
  readonly client_id: string | undefined;
  /** The client that revoked it. */
  readonly by: string;
}

/** A change by an administrator. */
interface ByAdministrator {
  /** The client ID of the administrator, or `command line`. */
  readonly by: string;
  /** The user of the operating system, if the change comes from the command line. */
  readonly os_user?: string;
  /** Identifies copies of the event: those of the command line are written more than once. */
  readonly event_id?: string;
  /** When the change was made, in ISO 8601: a copy is written later, and its line has the time of writing. */
  readonly at?: string;
}

/** A client that was created, changed or deleted. */
export interface ClientChanged extends ByAdministrator {
  readonly event: 'client.created' | 'client.updated' | 'client.deleted';
  readonly client: string;
}

/** A secret that was added or revoked, identified by its ID, never shown. */
export interface SecretChanged extends ByAdministrator {
  readonly event: 'client.secret_added' | 'client.secret_ended';
  readonly client: string;
  readonly secret_id: string;
}

/** Keys of one kind that were replaced. */
export interface KeysRotated extends ByAdministrator {
  readonly event: 'keys.rotated';
  readonly algorithm: string;
  /** What the keys sign: tokens, or tokens for the service itself. */
  readonly purpose: 'tokens' | 'administration';
  /** Whether the previous keys were revoked immediately. */
  readonly revoke: boolean;
}

/** What administrators changed. */
export type AdministrationEvent = ClientChanged | SecretChanged | KeysRotated;

/** What an auditor needs later: who did what, for which subject. */
export type AuditEvent =
  TokenIssued | TokenRefused | AuthenticationFailed | TokenRevoked | AdministrationEvent;

/** Receives audit events. */
export abstract class AuditLog {
  /**
   * @param requestId of the request that the event belongs to
   * @param event never contains a token, a secret or an Authorization header
   */
  abstract record(requestId: string, event: AuditEvent): void;
}
