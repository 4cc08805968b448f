import { parseBasic } from '../clients/basic-credentials.js';
import type { Client } from '../clients/client.js';
import type { Authentication, ClientAuthenticator } from '../clients/client-authenticator.js';
import { OAuthError } from './oauth-error.js';
import type { OAuthForm } from './oauth-form.js';

/** What of a request tells who sent it. */
export interface Caller {
  /** The address that it came from. */
  readonly address: string;
  /** The Authorization header. */
  readonly authorization: string | undefined;
}

/** Authenticates the client of a request to one of the OAuth routes (RFC 6749 §2.3). */
export class ClientAuthentication {
  constructor(private readonly authenticator: ClientAuthenticator) {}

  /** @throws {OAuthError} where the request does not show, by exactly one method, which client sent it */
  async authenticate(form: OAuthForm, { address, authorization }: Caller): Promise<Client> {
    if (authorization === undefined) throw refused(false);
    const credentials = parseBasic(authorization);
    const named = form.get('client_id');
    if (credentials && named !== undefined && named !== credentials.clientId) {
      throw new OAuthError('invalid_request', 'client_id is not the client of the Authorization header');
    }
    return admitted(await this.authenticator.bySecret(address, credentials), true);
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
