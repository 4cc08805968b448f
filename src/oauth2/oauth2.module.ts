import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ClientAuthenticator } from '../clients/client-authenticator.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { TokenService } from '../token/token.service.js';
import { ClientAuthentication } from './client-authentication.js';
import { CLIENT_CREDENTIALS } from './client-credentials.grant.js';
import { JwksController } from './jwks.controller.js';
import { TokenController } from './token.controller.js';
import { TokenEndpoint } from './token-endpoint.js';

/** The routes of OAuth 2.0, over the services of the imported modules. */
@Module({})
export class OAuth2Module {
  static forRoot({ imports = [] }: Pick<ModuleMetadata, 'imports'>): DynamicModule {
    return {
      module: OAuth2Module,
      imports,
      controllers: [TokenController, JwksController],
      providers: [
        {
          provide: ClientAuthentication,
          inject: [ClientAuthenticator],
          useFactory: (authenticator: ClientAuthenticator) => new ClientAuthentication(authenticator),
        },
        {
          provide: TokenEndpoint,
          inject: [ClientAuthentication, ClientRegistry, TokenService, AuditLog],
          useFactory: (
            authentication: ClientAuthentication,
            clients: ClientRegistry,
            tokens: TokenService,
            audit: AuditLog,
          ) => new TokenEndpoint([CLIENT_CREDENTIALS], authentication, clients, tokens, audit),
        },
      ],
    };
  }
}
