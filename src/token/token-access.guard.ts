import { Inject, Injectable, Optional } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { parseBasic } from '../clients/basic-credentials.js';
import type { Client } from '../clients/client.js';
import { type Authentication, ClientAuthenticator } from '../clients/client-authenticator.js';
import { ApiError, tooManyRequests } from '../server/api-error.js';
import { HeaderGuard } from '../server/header-guards.js';
import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';

/** Who may ask for a token: anyone, registered clients only, or whom the application that has the routes lets through. */
export type TokenAccess = 'none' | 'required' | 'application';

/** Injection token of {@link TokenAccess}. */
export const TOKEN_ACCESS = Symbol('TOKEN_ACCESS');

/**
 * Where the guard leaves the client on a request. No name would do: an application that has these routes puts what it
 * likes on its requests, and Express has the socket as `client`.
 */
export const CLIENT = Symbol('client');

/** A request as it leaves the guard. */
export interface AdmittedRequest {
  readonly id: string;
  readonly ip: string;
  readonly headers: { readonly authorization?: string | undefined };
  /** The client that authenticated itself; `undefined` where anyone may ask. */
  [CLIENT]?: Client;
}

const CHALLENGE = { 'www-authenticate': 'Basic realm="identity-backend"' };

/**
 * Decides who may ask for a token. A caller that shows credentials wants them checked, also where anyone may ask, so
 * that callers can be moved one by one.
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
    return andThen(this.authenticator.bySecret(attempt, parseBasic(authorization)), (outcome) =>
      this.settle(request, outcome),
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
