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

/**
 * Options of {@link IdentityAuthModule.forRootAsync}: a factory that returns the options or a promise of
 * them, the providers that it receives, and the modules that export these.
 */
export type IdentityAuthAsyncOptions = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<IdentityAuthOptions>, 'inject' | 'useFactory'>;

/**
 * Provides the {@link JwtAuthGuard} and its {@link TokenVerifier} to all modules of an application. A module
 * that imports it again with other options gets its own. Imports nothing of the issuer.
 */
@Module({})
export class IdentityAuthModule {
  /**
   * Provides a guard with these options.
   *
   * @throws {TypeError} that names the invalid option, and contains no secret
   */
  static forRoot(options: IdentityAuthOptions): DynamicModule {
    return withVerifier({ provide: TokenVerifier, useValue: new TokenVerifier(options) });
  }

  /**
   * Provides a guard with the options that a factory returns. If they are invalid, the application does not
   * start.
   */
  static forRootAsync({ imports = [], inject = [], useFactory }: IdentityAuthAsyncOptions): DynamicModule {
    const make = async (...dependencies: unknown[]): Promise<TokenVerifier> =>
      new TokenVerifier(await useFactory(...dependencies));
    return withVerifier({ provide: TokenVerifier, inject, useFactory: make }, imports);
  }
}

/**
 * Distinguishes registrations. Nest 10, and later versions with `moduleIdGeneratorAlgorithm: 'deep-hash'`,
 * treat two modules as one if their providers are equal when serialized, as those of two factories are.
 */
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
