import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ClientAuthenticator } from '../clients/client-authenticator.js';
import { ClientRegistry } from '../clients/client-registry.js';
import type { Clock } from '../clock.js';
import { MemoryWindowCounter } from '../rate-limit/memory-window-counter.js';
import { Revocations } from '../revocation/revocations.js';
import { TokenService } from '../token/token.service.js';
import { type AssertionAudiences, AssertionAuthenticator } from './assertion-authenticator.js';
import { AssertionStore } from './assertion-store.js';
import { ClientAuthentication } from './client-authentication.js';
import type { Grant } from './grants/grant.js';
import { GrantTable } from './grants/grant-table.js';
import { GRANTS } from './grants/index.js';
import { EndpointAudienceLog } from './endpoint-audience-log.js';
import { IntrospectionController } from './introspection.controller.js';
import { JwksController } from './jwks.controller.js';
import { MetadataController, SERVER_METADATA } from './metadata.controller.js';
import { RevocableTokens, UNVERIFIED_WINDOW_MS } from './revocable-token.js';
import { RevocationController } from './revocation.controller.js';
import { TokenEndpointController } from './token-endpoint.controller.js';
import { TokenEndpoint } from './token-endpoint.js';

/** What {@link OAuth2Module.forRoot} takes. */
export interface OAuth2Options extends Pick<ModuleMetadata, 'imports'> {
  readonly clock: Clock;
  /** What an assertion of a client may name as its audience. */
  readonly audiences: AssertionAudiences;
  /** What {@link serverMetadata} gives. */
  readonly metadata: object | string;
}

/** The routes of OAuth 2.0, over the services of the imported modules. */
@Module({})
export class OAuth2Module {
  static forRoot({ imports = [], clock, audiences, metadata }: OAuth2Options): DynamicModule {
    return {
      module: OAuth2Module,
      imports,
      controllers: [
        TokenEndpointController,
        IntrospectionController,
        RevocationController,
        JwksController,
        MetadataController,
      ],
      providers: [
        { provide: SERVER_METADATA, useValue: metadata },
        {
          provide: AssertionAuthenticator,
          inject: [ClientRegistry, ClientAuthenticator, AssertionStore, EndpointAudienceLog],
          useFactory: (
            clients: ClientRegistry,
            authenticator: ClientAuthenticator,
            used: AssertionStore,
            log: EndpointAudienceLog,
          ) => new AssertionAuthenticator(clients, authenticator, used, clock, audiences, log),
        },
        {
          provide: ClientAuthentication,
          inject: [ClientAuthenticator, AssertionAuthenticator],
          useFactory: (authenticator: ClientAuthenticator, assertions: AssertionAuthenticator) =>
            new ClientAuthentication(authenticator, assertions),
        },
        ...Object.values(GRANTS),
        {
          provide: GrantTable,
          inject: Object.values(GRANTS),
          useFactory: (...grants: Grant[]) => new GrantTable(GRANTS, grants),
        },
        {
          provide: TokenEndpoint,
          inject: [GrantTable, ClientAuthentication, ClientRegistry, TokenService, AuditLog],
          useFactory: (
            grants: GrantTable,
            authentication: ClientAuthentication,
            clients: ClientRegistry,
            tokens: TokenService,
            audit: AuditLog,
          ) => new TokenEndpoint(grants, authentication, clients, tokens, audit),
        },
        {
          provide: RevocableTokens,
          inject: [TokenService, Revocations, ClientRegistry],
          useFactory: (tokens: TokenService, revocations: Revocations, clients: ClientRegistry) =>
            new RevocableTokens({
              tokens,
              revocations,
              clients,
              unverified: new MemoryWindowCounter(UNVERIFIED_WINDOW_MS, clock),
              now: () => clock.now(),
            }),
        },
      ],
    };
  }
}
