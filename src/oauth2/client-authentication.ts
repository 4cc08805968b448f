import { type Credentials, parseBasic } from '../clients/basic-credentials.js';
import type { Client } from '../clients/client.js';
import type { Attempt, Authentication, ClientAuthenticator } from '../clients/client-authenticator.js';
import type { AssertionAuthenticator } from './assertion-authenticator.js';
import { OAuthError } from './oauth-error.js';
import type { OAuthForm } from './oauth-form.js';

/** What of a request tells who sent it. */
export interface Caller extends Attempt {
  /** The Authorization header. */
  readonly authorization: string | undefined;
}

/** The value of `client_assertion_type` (RFC 7523 §2.2). */
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Authenticates the client of a request to one of the OAuth routes (RFC 6749 §2.3, RFC 7523 §2.2). */
export class ClientAuthentication {
  constructor(
    private readonly authenticator: ClientAuthenticator,
    private readonly assertions: AssertionAuthenticator,
  ) {}

  /** @throws {OAuthError} where the request does not show, by exactly one method, which client sent it */
  async authenticate(form: OAuthForm, caller: Caller): Promise<Client> {
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
      return admitted(await this.authenticator.bySecret(caller, credentials), false);
    }
    if (assertion === undefined || form.get('client_assertion_type') !== JWT_BEARER) throw refused(false);
    return admitted(await this.assertions.authenticate(assertion, form.get('client_id'), caller), false);
  }

  private async byBasic(form: OAuthForm, authorization: string, caller: Caller): Promise<Client> {
    const credentials: Credentials | undefined = parseBasic(authorization);
    const named = form.get('client_id');
    if (credentials && named !== undefined && named !== credentials.clientId) {
      throw new OAuthError('invalid_request', 'client_id is not the client of the Authorization header');
    }
    return admitted(await this.authenticator.bySecret(caller, credentials), true);
  }
}

function admitted(outcome: Authentication, byHeader: boolean): Client {
  switch (outcome.code) {
    case 'authenticated':
      return outcome.client;
    case 'invalid_client':
      throw refused(byHeader);
    case 'too_many_requests': {
      const seconds = String(outcome.retryAfterSeconds);
      throw new OAuthError('too_many_requests', `Try again in ${seconds} seconds`, {
        headers: { 'retry-after': seconds },
      });
    }
  }
}

/** @param byHeader whether the request used the Authorization header, and so is told what to put there */
function refused(byHeader: boolean): OAuthError {
  const headers = { 'www-authenticate': 'Basic realm="identity-backend"' };
  return new OAuthError('invalid_client', 'Client authentication failed', byHeader ? { headers } : {});
}
