import { Injectable } from '@nestjs/common';
import { type Credentials, parseBasic } from '../clients/basic-credentials.js';
import type { Client } from '../clients/client.js';
import { type Attempt, type Authentication, ClientAuthenticator } from '../clients/client-authenticator.js';
import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';
import { tooManyRequests } from '../server/api-error.js';
import { AssertionAuthenticator } from './assertion-authenticator.js';
import { asOAuthError, OAuthError } from './oauth-error.js';
import type { OAuthForm } from './oauth-form.js';

/** The parts of a request that identify its sender. */
export interface Caller extends Attempt {
  /** The Authorization header. */
  readonly authorization: string | undefined;
  /** The client that this header has already authenticated. */
  readonly client?: Client | undefined;
}

/** The value of `client_assertion_type` (RFC 7523 §2.2). */
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Authenticates the client of a request to one of the OAuth routes (RFC 6749 §2.3, RFC 7523 §2.2). */
@Injectable()
export class ClientAuthentication {
  constructor(
    private readonly authenticator: ClientAuthenticator,
    private readonly assertions: AssertionAuthenticator,
  ) {}

  /**
   * @returns the client; a promise only for an assertion, or if Redis counts a failure
   * @throws {OAuthError} unless the request authenticates its client by exactly one method
   */
  authenticate(form: OAuthForm, caller: Caller): MaybePromise<Client> {
    const { authorization } = caller;
    const secret = form.get('client_secret');
    const assertion = form.get('client_assertion');
    const methods = [authorization, secret, assertion].filter((each) => each !== undefined);
    if (methods.length > 1) {
      throw new OAuthError('invalid_request', 'Use one method of client authentication');
    }
    if (authorization !== undefined) return this.byBasic(form, authorization, caller);
    if (secret !== undefined) {
      const credentials = { clientId: form.get('client_id') ?? '', clientSecret: secret };
      return andThen(this.authenticator.bySecret(caller, credentials), byBody);
    }
    if (assertion === undefined || form.get('client_assertion_type') !== JWT_BEARER)
      throw authenticationFailed(false);
    return this.assertions.authenticate(assertion, form.get('client_id'), caller).then(byBody);
  }

  /**
   * Authenticates by the Authorization header alone, before the body is read.
   *
   * @throws {OAuthError}
   */
  byHeader(attempt: Attempt, authorization: string): MaybePromise<Client> {
    return this.bySecretInHeader(attempt, parseBasic(authorization));
  }

  private byBasic(form: OAuthForm, authorization: string, caller: Caller): MaybePromise<Client> {
    const { client } = caller;
    // The header is parsed once: if the client is known, the guard has parsed it.
    const credentials = client ? undefined : parseBasic(authorization);
    const clientId = client?.id ?? credentials?.clientId;
    const named = form.get('client_id');
    if (clientId !== undefined && named !== undefined && named !== clientId) {
      throw new OAuthError('invalid_request', 'client_id is not the client of the Authorization header');
    }
    return client ?? this.bySecretInHeader(caller, credentials);
  }

  private bySecretInHeader(attempt: Attempt, credentials: Credentials | undefined): MaybePromise<Client> {
    return andThen(this.authenticator.bySecret(attempt, credentials), byHeader);
  }
}

const byHeader = (outcome: Authentication): Client => admitted(outcome, true);
const byBody = (outcome: Authentication): Client => admitted(outcome, false);

function admitted(outcome: Authentication, inHeader: boolean): Client {
  switch (outcome.code) {
    case 'authenticated':
      return outcome.client;
    case 'invalid_client':
      throw authenticationFailed(inHeader);
    case 'too_many_requests':
      throw asOAuthError(tooManyRequests(outcome.retryAfterSeconds));
  }
}

/**
 * @param inHeader whether the request used the Authorization header, so that the response carries a challenge
 */
export function authenticationFailed(inHeader: boolean): OAuthError {
  const headers = { 'www-authenticate': 'Basic realm="identity-backend"' };
  return new OAuthError('invalid_client', 'Client authentication failed', inHeader ? { headers } : {});
}
