/** Whom a token was asked for: the words of who asked, where they could be read. */
interface AskedFor {
  readonly sub: string | undefined;
  readonly aud: string | readonly string[] | undefined;
  readonly scope?: string | undefined;
  /** The client that asked; left out where none was authenticated. */
  readonly client_id?: string | undefined;
}

/** A token that was issued: named by its id, never shown. */
export interface TokenIssued extends AskedFor {
  readonly event: 'token.issued';
  readonly jti: string;
  readonly alg: string;
}

/** A token that was refused to whom asked for it. */
export interface TokenRefused extends AskedFor {
  readonly event: 'token.refused';
  /** As the answer has it. */
  readonly code: string;
}

/** A client that did not show that it is who it says it is. */
export interface AuthenticationFailed {
  readonly event: 'authentication.failed';
  /** As the answer has it. */
  readonly code: 'invalid_client' | 'too_many_requests';
  /** The client that was named; left out where none has that name, which may be a secret put into the wrong place. */
  readonly client_id: string | undefined;
  /** Where the request came from. */
  readonly address: string;
}

/** A token that was taken back. */
export interface TokenRevoked {
  readonly event: 'token.revoked';
  readonly jti: string;
  /** The client that it was issued to; left out where it names none. */
  readonly client_id: string | undefined;
  /** The client that took it back. */
  readonly by: string;
}

/** A change by an administrator. */
interface ByAdministrator {
  /** The client id of the administrator, or `command line`. */
  readonly by: string;
  /** The user of the operating system, if the command line acted. */
  readonly os_user?: string;
  /** By which copies of the event are recognised: those of the command line are written more than once. */
  readonly event_id?: string;
  /** When the change was made, in ISO 8601: a copy is written later, and its line has the time of writing. */
  readonly at?: string;
}

/** A client that was made, changed or removed. */
export interface ClientChanged extends ByAdministrator {
  readonly event: 'client.created' | 'client.updated' | 'client.deleted';
  readonly client: string;
}

/** A secret that was added or ended: named by its id, never shown. */
export interface SecretChanged extends ByAdministrator {
  readonly event: 'client.secret_added' | 'client.secret_ended';
  readonly client: string;
  readonly secret_id: string;
}

/** Keys of one kind that were replaced. */
export interface KeysRotated extends ByAdministrator {
  readonly event: 'keys.rotated';
  readonly algorithm: string;
  /** What the keys sign: tokens, or what is addressed to the service itself. */
  readonly purpose: 'tokens' | 'administration';
  /** Whether the former ones ended at once. */
  readonly revoke: boolean;
}

/** What administrators changed. */
export type AdministrationEvent = ClientChanged | SecretChanged | KeysRotated;

/** What an auditor asks about later: who did what, for whom. */
export type AuditEvent =
  TokenIssued | TokenRefused | AuthenticationFailed | TokenRevoked | AdministrationEvent;

/** Where audit events go. */
export abstract class AuditLog {
  /**
   * @param requestId of the request that the event belongs to
   * @param event never holds a token, a secret or an Authorization header
   */
  abstract record(requestId: string, event: AuditEvent): void;
}
