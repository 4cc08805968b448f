import { Module } from '@nestjs/common';
import { ClientAuthenticationModule } from '../clients/client-authentication.module.js';
import { ClientsModule } from '../clients/clients.module.js';
import { OAUTH2_SETTINGS, type OAuth2Settings } from '../config/namespaces.js';
import { IssueTokenController } from './issue-token.controller.js';
import { TOKEN_ACCESS, TokenAccessGuard, type TokenAccess } from './token-access.guard.js';
import { VerifyTokenController } from './verify-token.controller.js';

/**
 * Owns the routes `POST /token` and `POST /verify` of the service itself. The TokenService and the AuditLog
 * come from global modules. Other applications open these routes with the option `routes` of TokenModule.
 */
@Module({
  imports: [ClientAuthenticationModule, ClientsModule],
  controllers: [IssueTokenController, VerifyTokenController],
  providers: [
    {
      provide: TOKEN_ACCESS,
      inject: [OAUTH2_SETTINGS],
      useFactory: ({ tokenEndpointAuth }: OAuth2Settings): TokenAccess => tokenEndpointAuth,
    },
    TokenAccessGuard,
  ],
})
export class TokenRoutesModule {}
