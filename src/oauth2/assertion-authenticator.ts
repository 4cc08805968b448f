import { Inject, Injectable } from '@nestjs/common';
import { type Attempt, type Authentication, ClientAuthenticator } from '../clients/client-authenticator.js';
import { allowsMethod, type Client } from '../clients/client.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { Clock } from '../clock.js';
import { OAUTH2_SETTINGS, type OAuth2Settings } from '../config/namespaces.js';
import { publishedUrls } from '../published-urls.js';
import { AssertionStore } from '../clients/assertion-store.js';
import { assertionKey, isSignedBy, readAssertion } from './client-assertion.js';
import { EndpointAudienceLog } from './endpoint-audience-log.js';

/** Authenticates a client by an assertion that it signed with its own key (`private_key_jwt`, RFC 7523). */
@Injectable()
export class AssertionAuthenticator {
  private readonly issuer: string;
  /**
   * The accepted audiences of an assertion: the issuer and, unless a setting forbids it, the token endpoint
   * as the metadata names it.
   */
  private readonly audiences: readonly string[];

  constructor(
    private readonly clients: ClientRegistry,
    private readonly authenticator: ClientAuthenticator,
    private readonly used: AssertionStore,
    private readonly clock: Clock,
    private readonly endpointAudiences: EndpointAudienceLog,
    @Inject(OAUTH2_SETTINGS) { issuer, publicUrl, clientAssertionAudience }: OAuth2Settings,
  ) {
    this.issuer = issuer;
    this.audiences =
      publicUrl === undefined || clientAssertionAudience === 'issuer'
        ? [issuer]
        : [issuer, publishedUrls(publicUrl).tokenEndpoint];
  }

  /**
   * @param text the assertion, as received
   * @param namedId the `client_id` of the request; if present, it must be the client of the assertion
   * @throws {StoreUnavailable} if the store cannot say whether the assertion was used before
   */
  async authenticate(text: string, namedId: string | undefined, attempt: Attempt): Promise<Authentication> {
    const assertion = readAssertion(text, this.audiences, this.clock.now() / 1000);
    const clientId = assertion?.clientId ?? '';
    const blocked =
      this.authenticator.refuseIfBlocked(attempt, clientId) ??
      (assertion && this.authenticator.countSignatureCheck(attempt, clientId));
    if (blocked) return blocked;
    const isNamed = namedId === undefined || namedId === clientId;
    // Checks that cost little come first. For an unknown or disabled client, as many signatures are verified.
    if (!assertion || !isNamed) return this.authenticator.countFailure(attempt, clientId);
    const client = this.clients.find(clientId);
    const isSigned = isSignedBy(client, assertion);
    if (!isAdmitted(client) || !isSigned) return this.authenticator.countFailure(attempt, clientId);
    const isFirstUse = await this.used.useOnce(assertionKey(assertion), assertion.expiresAt);
    // Meanwhile the client may have been disabled, or have lost the key.
    if (!isFirstUse || !this.authenticator.isCurrent(client)) {
      return this.authenticator.countFailure(attempt, clientId);
    }
    if (assertion.audience !== this.issuer) this.endpointAudiences.used(clientId);
    return { code: 'authenticated', client };
  }
}

function isAdmitted(client: Client | undefined): client is Client {
  return client !== undefined && !client.disabled && allowsMethod(client, 'private_key_jwt');
}
