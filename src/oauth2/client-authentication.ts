import { Injectable } from '@nestjs/common';
import { type Credentials, parseBasic } from '../clients/basic-credentials.js';
import type { Client } from '../clients/client.js';
import { type Attempt, type Authentication, ClientAuthenticator } from '../clients/client-authenticator.js';
import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';
import { type KeysUnavailable, OutsideTokens } from '../issuers/outside-tokens.js';
import { tooManyRequests, unavailable } from '../server/api-error.js';
import { AssertionAuthenticator } from './assertion-authenticator.js';
import { FederatedAuthenticator } from './federated-authenticator.js';
import { asOAuthError, OAuthError } from './oauth-error.js';
import type { OAuthForm } from './oauth-form.js';

/** The parts of a request that identify its sender. */
export interface Caller extends Attempt {
  /** The Authorization header. */
  readonly authorization: string | undefined;
  /** The client that this header has already authenticated. */
  readonly client?: Client | undefined;
}

/** The values of `client_assertion_type` (RFC 7523 §2.2, draft-ietf-oauth-spiffe-client-auth §4). */
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const JWT_SPIFFE = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';

/** Authenticates the client of a request to one of the OAuth routes (RFC 6749 §2.3, RFC 7523 §2.2). */
@Injectable()
export class ClientAuthentication {
  constructor(
    private readonly authenticator: ClientAuthenticator,
    private readonly assertions: AssertionAuthenticator,
    private readonly federated: FederatedAuthenticator,
    private readonly outside: OutsideTokens,
  ) {}

  /**
   * Whether the request carries any credentials of a client. If not, its `client_id` is only a name that anyone
   * may send.
   */
  isAttempted(form: OAuthForm, { authorization }: Caller): boolean {
    return presentedMethods(form, authorization).length > 0;
  }

  /**
   * @returns the client; a promise only if Redis counts a failure, or if the check of an assertion waits
   * @throws {OAuthError} unless the request authenticates its client by exactly one method
   */
  authenticate(form: OAuthForm, caller: Caller): MaybePromise<Client> {
    const { authorization } = caller;
    const secret = form.get('client_secret');
    const assertion = form.get('client_assertion');
    if (presentedMethods(form, authorization).length > 1) {
      throw new OAuthError('invalid_request', 'Use one method of client authentication');
    }
    if (authorization !== undefined) return this.byBasic(form, authorization, caller);
    if (secret !== undefined) {
      const credentials = { clientId: form.get('client_id') ?? '', clientSecret: secret };
      return andThen(this.authenticator.bySecret(caller, credentials, 'client_secret_post'), byBody);
    }
    if (assertion === undefined) throw authenticationFailed(false);
    return andThen(this.byAssertion(assertion, form, caller), byBody);
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

  /**
   * The token of a trusted issuer is verified by its entry, even a disabled one; any other assertion must be
   * signed by the client itself.
   */
  private byAssertion(
    assertion: string,
    form: OAuthForm,
    caller: Caller,
  ): MaybePromise<AuthenticationOutcome> {
    const type = form.get('client_assertion_type');
    if (type !== JWT_BEARER && type !== JWT_SPIFFE) return { code: 'invalid_client' };
    const namedId = form.get('client_id');
    const svid = type === JWT_SPIFFE;
    const token = this.outside.hasIssuers || svid ? this.outside.read(assertion) : undefined;
    if (token && (svid || token.entry)) {
      return this.federated.authenticate({ token, namedId, asClient: true, svid }, caller);
    }
    return andThen(this.assertions.authenticate(assertion, namedId, caller), (outcome) => {
      if (token && outcome.code === 'invalid_client') this.outside.reportForeign(token, caller.requestId);
      return outcome;
    });
  }

  private bySecretInHeader(attempt: Attempt, credentials: Credentials | undefined): MaybePromise<Client> {
    return andThen(this.authenticator.bySecret(attempt, credentials, 'client_secret_basic'), byHeader);
  }
}

type AuthenticationOutcome = Authentication | KeysUnavailable;

const byHeader = (outcome: AuthenticationOutcome): Client =>
  admittedClient(outcome, () => authenticationFailed(true));
const byBody = (outcome: AuthenticationOutcome): Client =>
  admittedClient(outcome, () => authenticationFailed(false));

/**
 * @param refusal makes the error for a client that is not authenticated
 * @throws {OAuthError} unless the client is authenticated
 */
export function admittedClient(outcome: AuthenticationOutcome, refusal: () => OAuthError): Client {
  switch (outcome.code) {
    case 'authenticated':
      return outcome.client;
    case 'invalid_client':
      throw refusal();
    case 'too_many_requests':
      throw asOAuthError(tooManyRequests(outcome.retryAfterSeconds));
    case 'unavailable':
      throw trustUnavailable();
  }
}

/** The credentials of a client that a request carries. */
function presentedMethods(form: OAuthForm, authorization: string | undefined): readonly string[] {
  return [authorization, form.get('client_secret'), form.get('client_assertion')].filter(
    (each) => each !== undefined,
  );
}

/** The keys of a trusted issuer are not known: its tokens can be neither accepted nor refused. */
export function trustUnavailable(): OAuthError {
  return asOAuthError(unavailable('The keys of the issuer are not known now'));
}

/**
 * @param inHeader whether the request used the Authorization header, so that the response carries a challenge
 */
export function authenticationFailed(inHeader: boolean): OAuthError {
  const headers = { 'www-authenticate': 'Basic realm="identity-backend"' };
  return new OAuthError('invalid_client', 'Client authentication failed', inHeader ? { headers } : {});
}
