import { type DynamicModule, type ModuleMetadata, Module } from '@nestjs/common';
import { IssueTokenController } from './issue-token.controller.js';
import { TOKEN_ACCESS, TokenAccessGuard, type TokenAccess } from './token-access.guard.js';
import { VerifyTokenController } from './verify-token.controller.js';

/** What {@link TokenRoutesModule.forRoot} takes. */
export interface TokenRoutesOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly access: Exclude<TokenAccess, 'application'>;
}

/**
 * The routes `POST /token` and `POST /verify` of the service itself, over the TokenService and the AuditLog of the imported
 * modules. Other applications open them by the option `routes` of TokenModule.
 */
@Module({})
export class TokenRoutesModule {
  static forRoot({ imports = [], access }: TokenRoutesOptions): DynamicModule {
    return {
      module: TokenRoutesModule,
      imports,
      controllers: [IssueTokenController, VerifyTokenController],
      providers: [{ provide: TOKEN_ACCESS, useValue: access }, TokenAccessGuard],
    };
  }
}
