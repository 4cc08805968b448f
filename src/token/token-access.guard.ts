import { Inject, Injectable, Optional } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { parseBasic } from '../clients/basic-credentials.js';
import type { Client } from '../clients/client.js';
import { type Authentication, ClientAuthenticator } from '../clients/client-authenticator.js';
import { ApiError, tooManyRequests } from '../server/api-error.js';
import { HeaderGuard } from '../server/header-guards.js';
import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';

/**
 * Who may request a token: anyone, registered clients only, or callers that the embedding application admits.
 */
export type TokenAccess = 'none' | 'required' | 'application';

/** Injection token of {@link TokenAccess}. */
export const TOKEN_ACCESS = Symbol('TOKEN_ACCESS');

/**
 * The property of a request in which the guard stores the client. It is a symbol because the embedding
 * application may use any name, and in Express `client` is the socket.
 */
export const CLIENT = Symbol('client');

/** A request that the guard has admitted. */
export interface AdmittedRequest {
  readonly id: string;
  readonly ip: string;
  readonly headers: { readonly authorization?: string | undefined };
  /** The authenticated client; `undefined` if the caller is anonymous. */
  [CLIENT]?: Client;
}

const CHALLENGE = { 'www-authenticate': 'Basic realm="identity-backend"' };

/**
 * Decides who may request a token. It checks credentials that are sent even if anyone may request a token, so
 * that callers can be migrated one by one.
 */
@Injectable()
export class TokenAccessGuard extends HeaderGuard<AdmittedRequest> {
  constructor(
    @Inject(TOKEN_ACCESS) private readonly access: TokenAccess,
    private readonly audit: AuditLog,
    @Optional() private readonly authenticator?: ClientAuthenticator,
  ) {
    super();
  }

  override admit(request: AdmittedRequest): MaybePromise<void> {
    if (this.access === 'application') return;
    if (request[CLIENT] && this.authenticator?.isCurrent(request[CLIENT])) return;
    const { authorization } = request.headers;
    if (authorization === undefined && this.access === 'none') return;
    if (authorization === undefined || !this.authenticator) {
      this.settle(request, { code: 'invalid_client' });
      return;
    }
    const attempt = { requestId: request.id, address: request.ip };
    return andThen(
      this.authenticator.bySecret(attempt, parseBasic(authorization), 'client_secret_basic'),
      (outcome) => this.settle(request, outcome),
    );
  }

  private settle(request: AdmittedRequest, outcome: Authentication): void {
    if (outcome.code === 'authenticated') {
      request[CLIENT] = outcome.client;
      return;
    }
    this.audit.record(request.id, {
      event: 'token.refused',
      code: outcome.code,
      sub: undefined,
      aud: undefined,
    });
    throw outcome.code === 'too_many_requests'
      ? tooManyRequests(outcome.retryAfterSeconds)
      : new ApiError(401, 'invalid_client', 'Client authentication failed', {}, CHALLENGE);
  }
}
