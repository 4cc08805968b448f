import { randomUUID } from 'node:crypto';
import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import type { IdentityAuthOptions } from './identity-auth-options.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { TokenVerifier } from './token-verifier.js';

/** Options of {@link IdentityAuthModule.forRootAsync}. */
export type IdentityAuthAsyncOptions = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<IdentityAuthOptions>, 'inject' | 'useFactory'>;

/**
 * Gives an application the {@link JwtAuthGuard} and its {@link TokenVerifier}, for every module once it is
 * imported; a module that imports it again with other options gets those. Imports nothing of the issuer.
 */
@Module({})
export class IdentityAuthModule {
  /** @throws {TypeError} naming the invalid option */
  static forRoot(options: IdentityAuthOptions): DynamicModule {
    return withVerifier({ provide: TokenVerifier, useValue: new TokenVerifier(options) });
  }

  /** Takes the options from a factory; if they are invalid, the application does not start. */
  static forRootAsync({ imports = [], inject = [], useFactory }: IdentityAuthAsyncOptions): DynamicModule {
    const make = async (...dependencies: unknown[]): Promise<TokenVerifier> =>
      new TokenVerifier(await useFactory(...dependencies));
    return withVerifier({ provide: TokenVerifier, inject, useFactory: make }, imports);
  }
}

/** Nest 10 takes two modules whose providers print alike for one, whatever their options are. */
const REGISTRATION = Symbol('REGISTRATION');

function withVerifier(
  verifier: Provider<TokenVerifier>,
  imports: ModuleMetadata['imports'] = [],
): DynamicModule {
  return {
    module: IdentityAuthModule,
    global: true,
    imports,
    providers: [verifier, JwtAuthGuard, { provide: REGISTRATION, useValue: randomUUID() }],
    exports: [TokenVerifier, JwtAuthGuard],
  };
}
