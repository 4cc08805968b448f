import type { Attempt, Authentication, ClientAuthenticator } from '../clients/client-authenticator.js';
import type { ClientRegistry } from '../clients/client-registry.js';
import type { Clock } from '../clock.js';
import type { AssertionStore } from './assertion-store.js';
import { assertionKey, isSignedBy, readAssertion } from './client-assertion.js';

/** Authenticates a client by an assertion that it signed with a key of its own (`private_key_jwt`, RFC 7523). */
export class AssertionAuthenticator {
  private readonly audiences: readonly string[];

  /** @param issuer by which this service is addressed; where it is a URL, the token endpoint beneath it is too */
  constructor(
    private readonly clients: ClientRegistry,
    private readonly authenticator: ClientAuthenticator,
    private readonly used: AssertionStore,
    private readonly clock: Clock,
    issuer: string,
  ) {
    this.audiences = /^https?:\/\//.test(issuer) ? [issuer, `${issuer}/oauth2/token`] : [issuer];
  }

  /**
   * @param text of the assertion
   * @param namedId `client_id` of the request, which must then be the same
   * @throws {StoreUnavailable} where it cannot be made sure that the assertion is used once
   */
  async authenticate(text: string, namedId: string | undefined, attempt: Attempt): Promise<Authentication> {
    const assertion = readAssertion(text, this.audiences, this.clock.now() / 1000);
    const clientId = assertion?.clientId ?? '';
    const blocked = this.authenticator.blocked(attempt, clientId);
    if (blocked) return blocked;
    const client = this.clients.find(clientId);
    const isGood = assertion !== undefined && isSignedBy(client, assertion);
    const isNamed = namedId === undefined || namedId === clientId;
    if (!client || client.disabled || !isGood || !isNamed)
      return this.authenticator.failed(attempt, clientId);
    return (await this.used.useOnce(assertionKey(assertion), assertion.expiresAt))
      ? { code: 'authenticated', client }
      : this.authenticator.failed(attempt, clientId);
  }
}
