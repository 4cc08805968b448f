import type { Client } from '../../clients/client.js';
import type { OAuthForm } from '../oauth-form.js';

/** What a grant is given: a request whose client is known and may use the grant. */
export interface GrantRequest {
  readonly form: OAuthForm;
  readonly client: Client;
}

/** What a grant decides: who the token is about. */
export interface GrantDecision {
  readonly subject: string;
}

/** One way to get a token (RFC 6749 §1.3). The pipeline has checked all that every grant needs checked. */
export interface Grant {
  /** The value of `grant_type`. */
  readonly type: string;
  /** @throws {OAuthError} `invalid_grant` */
  decide(request: GrantRequest): GrantDecision;
}
