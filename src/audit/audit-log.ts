/**
 * What a token request asked for: names that the caller chose and, for `/oauth2/token`, the subject that the
 * grant decides and the client's default audience. A field is `undefined` if it was not read.
 */
interface RequestedToken {
  /** The requested subject. */
  readonly sub: string | undefined;
  /** The requested audience, or several. */
  readonly aud: string | readonly string[] | undefined;
  /** The requested scope tokens, separated by one space; omitted if none were requested. */
  readonly scope?: string | undefined;
  /** The ID of the client that sent the request; omitted if no client was authenticated. */
  readonly client_id?: string | undefined;
  /** The entry of the trusted issuer whose token was the grant; omitted for other grants. */
  readonly trusted_issuer?: string | undefined;
}

/** A token was issued. The event identifies it by its `jti` and does not contain it. */
export interface TokenIssued extends RequestedToken {
  readonly event: 'token.issued';
  readonly jti: string;
  /** The algorithm of the signature, such as `ES256`. */
  readonly alg: string;
}

/** A token request was refused. */
export interface TokenRefused extends RequestedToken {
  readonly event: 'token.refused';
  /** The error code of the response. */
  readonly code: string;
}

/** A client authentication failed. */
export interface AuthenticationFailed {
  readonly event: 'authentication.failed';
  /** `too_many_requests` if too many attempts have failed, else `invalid_client`. */
  readonly code: 'invalid_client' | 'too_many_requests';
  /**
   * The client ID that was sent; omitted if no client has this ID, as it may be a secret in the wrong place.
   */
  readonly client_id: string | undefined;
  /** The IP address that sent the request. */
  readonly address: string;
}

/** A token of an outside issuer was presented, as a client assertion or as a grant. */
export interface OutsideTokenPresented {
  readonly event: 'outside_token.accepted' | 'outside_token.refused';
  /** The use for which it was presented. */
  readonly use: string;
  /**
   * The check that failed, which the caller does not learn; `unavailable` if the keys of the issuer are not
   * known. Omitted if the token was accepted.
   */
  readonly check?: string;
  /** The entry of the issuer; omitted if the token names none. */
  readonly trusted_issuer: string | undefined;
  /** The `sub` of the token; omitted unless its signature was verified. */
  readonly sub: string | undefined;
}

/** A token was revoked. */
export interface TokenRevoked {
  readonly event: 'token.revoked';
  readonly jti: string;
  /** The ID of the client that the token was issued to; omitted if the token names none. */
  readonly client_id: string | undefined;
  /** The ID of the client that revoked the token. */
  readonly by: string;
}

/** The fields of every change by an administrator. */
interface ByAdministrator {
  /** The client ID of the administrator, or `command line`. */
  readonly by: string;
  /** The user of the operating system; omitted unless the change comes from the command line. */
  readonly os_user?: string;
  /**
   * Identifies copies of one event: an event of the command line is logged more than once. Omitted for
   * others.
   */
  readonly event_id?: string;
  /**
   * When the change was made, in ISO 8601, since the log lines of copies have the time of their writing.
   * Omitted for other events.
   */
  readonly at?: string;
}

/** A client was created, changed or deleted. */
export interface ClientChanged extends ByAdministrator {
  readonly event: 'client.created' | 'client.updated' | 'client.deleted';
  /** The client ID. */
  readonly client: string;
}

/** A secret was added or revoked. The event identifies it by its ID and does not contain it. */
export interface SecretChanged extends ByAdministrator {
  readonly event: 'client.secret_added' | 'client.secret_ended';
  /** The client ID. */
  readonly client: string;
  readonly secret_id: string;
}

/** A trusted issuer was created, changed or deleted. */
export interface IssuerChanged extends ByAdministrator {
  readonly event: 'issuer.created' | 'issuer.updated' | 'issuer.deleted';
  /** The ID of the entry. */
  readonly issuer: string;
}

/** The keys of one algorithm and purpose were replaced. */
export interface KeysRotated extends ByAdministrator {
  readonly event: 'keys.rotated';
  readonly algorithm: string;
  /** What the keys sign: tokens, or tokens for the service itself. */
  readonly purpose: 'tokens' | 'administration';
  /** Whether the previous keys were revoked immediately. */
  readonly revoke: boolean;
}

/** A change by an administrator. */
export type AdministrationEvent = ClientChanged | SecretChanged | IssuerChanged | KeysRotated;

/** What the audit log records: who did what, and for which subject. */
export type AuditEvent =
  | TokenIssued
  | TokenRefused
  | OutsideTokenPresented
  | AuthenticationFailed
  | TokenRevoked
  | AdministrationEvent;

/** Receives audit events. An application that embeds the routes of this package may provide its own. */
export abstract class AuditLog {
  /**
   * Records one event.
   *
   * @param requestId ID of the request that caused the event
   * @param event has no field for a token or a secret, but callers choose its names: log only what
   *   {@link redactEvent} returns
   */
  abstract record(requestId: string, event: AuditEvent): void;
}
