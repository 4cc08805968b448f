import { Module, type OnModuleInit } from '@nestjs/common';
import { ClientAuthenticationModule } from '../clients/client-authentication.module.js';
import { ClientsModule } from '../clients/clients.module.js';
import { CLOCK_SKEW_SECONDS, Clock } from '../clock.js';
import { OutsideTokensModule } from '../issuers/outside-tokens.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SyncLoop } from '../sync/sync-loop.js';
import { SyncModule } from '../sync/sync.module.js';
import { AssertionAuthenticator } from './assertion-authenticator.js';
import { AssertionStore } from '../clients/assertion-store.js';
import { ClientAuthentication } from './client-authentication.js';
import { FederatedAuthenticator } from './federated-authenticator.js';
import type { Grant } from './grants/grant.js';
import { GrantTable } from './grants/grant-table.js';
import { GRANTS } from './grants/index.js';
import { IntrospectionController } from './introspection.controller.js';
import { JwksController } from './jwks.controller.js';
import { MetadataController } from './metadata.controller.js';
import { RevocableTokens } from './revocable-token.js';
import { RevocationController } from './revocation.controller.js';
import { TokenEndpointController } from './token-endpoint.controller.js';
import { TokenEndpoint } from './token-endpoint.js';

/** Owns the routes of OAuth 2.0. The TokenService comes from a global module. */
@Module({
  imports: [ClientAuthenticationModule, ClientsModule, OutsideTokensModule, RevocationModule, SyncModule],
  controllers: [
    TokenEndpointController,
    IntrospectionController,
    RevocationController,
    JwksController,
    MetadataController,
  ],
  providers: [
    AssertionAuthenticator,
    ClientAuthentication,
    FederatedAuthenticator,
    ...Object.values(GRANTS),
    {
      provide: GrantTable,
      inject: Object.values(GRANTS),
      useFactory: (...grants: Grant[]) => new GrantTable(GRANTS, grants),
    },
    TokenEndpoint,
    RevocableTokens,
  ],
})
export class OAuth2Module implements OnModuleInit {
  constructor(
    private readonly syncLoop: SyncLoop,
    private readonly usedAssertions: AssertionStore,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.syncLoop.join({ sync: () => this.deleteExpiredAssertions() });
  }

  private deleteExpiredAssertions(): Promise<void> {
    return this.usedAssertions.deleteExpired(Math.floor(this.clock.now() / 1000) - CLOCK_SKEW_SECONDS);
  }
}
