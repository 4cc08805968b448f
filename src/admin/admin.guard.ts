import { Injectable } from '@nestjs/common';
import type { Administrator } from '../audit/persisted-event.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';
import { authorizeBearer, type BearerAuthorization } from '../guard/authorize-bearer.js';
import { bearerChallenge, type ChallengeParameters } from '../guard/bearer-challenge.js';
import { bearerToken, type RequestWithHeaders } from '../guard/bearer-token.js';
import { requiringScopes } from '../guard/requirements.js';
import type { AcceptedToken } from '../jwt/verification-result.js';
import { ApiError, type ErrorCode, unavailable } from '../server/api-error.js';
import { HeaderGuard } from '../server/header-guards.js';
import { TokenService } from '../token/token.service.js';
import { ADMIN_SCOPE } from './admin-route.decorator.js';

const REQUIRED = requiringScopes(ADMIN_SCOPE);

/** A request to the administration API. */
export interface AdminRequest extends RequestWithHeaders {
  readonly id: string;
  /** Set by the guard when it admits the request. */
  administrator?: Administrator;
}

/**
 * Admits a request if its access token (RFC 9068) was issued by this service for the service itself and has
 * {@link ADMIN_SCOPE}. Reads and checks the token as `JwtAuthGuard` does, and then the client, which must
 * still have the scope and the audience. A refusal has the form of `/admin`, and no hint about the token.
 */
@Injectable()
export class AdminGuard extends HeaderGuard<AdminRequest> {
  constructor(
    private readonly tokens: TokenService,
    private readonly clients: ClientRegistry,
  ) {
    super();
  }

  /**
   * Checks the token on both calls: reading the body may take seconds, and an administrator loses access at
   * once.
   */
  override admit(request: AdminRequest): MaybePromise<void> {
    return andThen(authorizeBearer(bearerToken(request), this, REQUIRED), (outcome) => {
      const id = this.administratorOf(outcome);
      request.administrator = { id, requestId: request.id };
    });
  }

  /** Verifies a token that is addressed to the service itself, against its own keys and clients. */
  verify(token: string): ReturnType<TokenService['verify']> {
    return this.tokens.verify({ token, audience: this.tokens.ownAudience, type: 'at+jwt' });
  }

  /**
   * @returns the client ID of the administrator
   * @throws {ApiError} 401, 403 or 503 if the request is refused
   */
  private administratorOf(outcome: BearerAuthorization): string {
    switch (outcome.code) {
      case 'valid':
        return this.currentAdministrator(outcome);
      case 'missing_token':
        throw refusal(401, outcome.code, 'Send a bearer token');
      case 'insufficient_scope':
      case 'insufficient_claims':
        throw insufficientScope();
      case 'unavailable':
        throw unavailable(outcome.hint);
      case 'invalid_token':
        throw refusal(401, outcome.code, 'The token is not valid here', { error: outcome.code });
    }
  }

  /** Checks the client as it is now: since the token was issued, it may have lost a scope or an audience. */
  private currentAdministrator({ claims: { client_id: clientId } }: AcceptedToken): string {
    const client = typeof clientId === 'string' ? this.clients.find(clientId) : undefined;
    if (!client?.scopes.includes(ADMIN_SCOPE) || !client.audiences.includes(this.tokens.ownAudience)) {
      throw insufficientScope();
    }
    return client.id;
  }
}

function insufficientScope(): ApiError {
  const error = 'insufficient_scope';
  return refusal(403, error, `The scope ${ADMIN_SCOPE} is needed`, { error, scope: ADMIN_SCOPE });
}

/**
 * Builds a refusal with its challenge (RFC 6750 §3). The challenge has no `error` if the request has no
 * credentials.
 */
function refusal(
  status: number,
  code: ErrorCode,
  message: string,
  parameters: ChallengeParameters = {},
): ApiError {
  const challenge = bearerChallenge({ realm: 'identity-backend' }, parameters);
  return new ApiError(status, code, message, {}, { 'www-authenticate': challenge });
}

/** @returns the administrator that the guard has admitted, for the audit log */
export function administratorOf({ administrator }: AdminRequest): Administrator {
  if (!administrator) throw new Error('The route has no AdminGuard');
  return administrator;
}
