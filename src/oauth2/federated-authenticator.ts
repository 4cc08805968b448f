import { Injectable } from '@nestjs/common';
import { allowsMethod, type Client } from '../clients/client.js';
import { type Attempt, type Authentication, ClientAuthenticator } from '../clients/client-authenticator.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { andThen, type MaybePromise } from '../concurrency/maybe-promise.js';
import { failed, type Rules } from '../issuers/outside-token.js';
import {
  type KeysUnavailable,
  type OutsideTokenOutcome,
  OutsideTokens,
  type ReadToken,
} from '../issuers/outside-tokens.js';
import { trustDomainOf } from '../issuers/trusted-issuer.js';
import { workloadClient } from '../issuers/workload-client.js';

/** How a workload presents the token of its platform. */
export interface Presentation {
  readonly token: ReadToken;
  /** The `client_id` of the request; if present, only that client's credentials are compared. */
  readonly namedId: string | undefined;
  /** Whether it authenticates a client; otherwise it is a grant by itself. */
  readonly asClient: boolean;
  /** Whether it must be a JWT-SVID. */
  readonly svid?: boolean;
}

/** Recognizes clients by tokens of trusted issuers: Kubernetes, CI systems, clouds, SPIFFE. */
@Injectable()
export class FederatedAuthenticator {
  constructor(
    private readonly outside: OutsideTokens,
    private readonly clients: ClientRegistry,
    private readonly authenticator: ClientAuthenticator,
  ) {}

  /** @throws {StoreUnavailable} if the store cannot say whether the token was used before */
  authenticate(presentation: Presentation, attempt: Attempt): MaybePromise<Authentication | KeysUnavailable> {
    const { token, namedId } = presentation;
    // Anyone may have written the token: failures are counted by the identity that it claims.
    const identity = namedId ?? claimedIdentity(token);
    const blocked =
      this.authenticator.refuseIfBlocked(attempt, identity) ??
      this.authenticator.countSignatureCheck(attempt, identity);
    if (blocked) return blocked;
    const presented = { token, use: 'client_authentication', requestId: attempt.requestId } as const;
    return andThen<OutsideTokenOutcome<Client>, Authentication | KeysUnavailable>(
      this.outside.verify(presented, this.rulesOf(presentation)),
      (outcome) => {
        switch (outcome.code) {
          case 'accepted':
            return { code: 'authenticated', client: outcome.value };
          case 'unavailable':
            return outcome;
          case 'refused':
            return this.authenticator.countFailure(attempt, identity);
        }
      },
    );
  }

  private rulesOf({ namedId, asClient, svid = false }: Presentation): Rules<Client> {
    return (token) => {
      if (svid && trustDomainOf(token.entry) === undefined) {
        return failed('rules', 'an issuer with a SPIFFE bundle', 'another issuer');
      }
      const found = workloadClient(this.clients, token, namedId);
      if (found.code === 'refused' || !asClient || allowsMethod(found.value, 'federated')) return found;
      return failed('rules', 'federated among token_endpoint_auth_methods', 'a client without it');
    };
  }
}

function claimedIdentity({ jws, entry }: ReadToken): string {
  const subject = typeof jws === 'string' ? '' : (jws.claims.sub ?? '');
  return `${entry?.id ?? ''}:${subject}`;
}
