import type { IssueRefusalCode } from '../token/issue-outcome.js';

/** A token that was issued: named by its id, never shown. */
export interface TokenIssued {
  readonly event: 'token.issued';
  readonly jti: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  readonly scope: string | undefined;
}

/** A token that was refused to whom asked for it. */
export interface TokenRefused {
  readonly event: 'token.refused';
  readonly code: IssueRefusalCode | 'invalid_client';
  readonly sub: string | undefined;
  readonly aud: string | readonly string[] | undefined;
}

/** What an auditor asks about later: who did what, for whom. */
export type AuditEvent = TokenIssued | TokenRefused;

/** Where audit events go. */
export abstract class AuditLog {
  /**
   * @param requestId of the request that the event belongs to
   * @param event never holds a token, a secret or an Authorization header
   */
  abstract record(requestId: string, event: AuditEvent): void;
}
