import { Injectable } from '@nestjs/common';
import type { Client } from '../clients/client.js';
import { type Attempt, ClientAuthenticator } from '../clients/client-authenticator.js';
import { HeaderGuard } from '../server/header-guards.js';
import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';
import { CLIENT } from '../token/token-access.guard.js';
import { callerOf, type OAuthRequest } from './caller.js';
import { ClientAuthentication } from './client-authentication.js';
import { TokenEndpoint } from './token-endpoint.js';

/** Authenticates a client by its Authorization header. */
type ByHeader = (attempt: Attempt, authorization: string) => MaybePromise<Client>;

/**
 * Refuses a request with a wrong Authorization header before its body is read. Without that header the
 * credentials are in the body, and the route itself authenticates the client.
 */
abstract class AuthorizationGuard extends HeaderGuard<OAuthRequest> {
  protected constructor(
    private readonly authenticator: ClientAuthenticator,
    private readonly byHeader: ByHeader,
  ) {
    super();
  }

  override admit(request: OAuthRequest): MaybePromise<void> {
    const { authorization } = request.headers;
    if (authorization === undefined) return;
    if (request[CLIENT] && this.authenticator.isCurrent(request[CLIENT])) return;
    return andThen(this.byHeader(callerOf(request), authorization), (client) => {
      request[CLIENT] = client;
    });
  }
}

/** For the routes that only clients may use. */
@Injectable()
export class ClientGuard extends AuthorizationGuard {
  constructor(authenticator: ClientAuthenticator, authentication: ClientAuthentication) {
    super(authenticator, (attempt, authorization) => authentication.byHeader(attempt, authorization));
  }
}

/** For the token endpoint, which audits each refusal. */
@Injectable()
export class TokenEndpointGuard extends AuthorizationGuard {
  constructor(authenticator: ClientAuthenticator, endpoint: TokenEndpoint) {
    super(authenticator, (attempt, authorization) => endpoint.authenticate(attempt, authorization));
  }
}
