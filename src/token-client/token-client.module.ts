import { randomUUID } from 'node:crypto';
import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import type { TokenClientOptions } from './token-client-options.js';
import { TokenClient } from './token-client.js';

/** Options of {@link TokenClientModule.forRootAsync}. */
export type TokenClientAsyncOptions = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<TokenClientOptions>, 'inject' | 'useFactory'>;

/**
 * Provides a {@link TokenClient} to every module of an application. A module that imports it again, with
 * other options, gets its own client. Imports nothing of the issuer.
 */
@Module({})
export class TokenClientModule {
  /**
   * @param options the issuer, and the identity of this application
   * @throws {TypeError} naming the invalid option
   */
  static forRoot(options: TokenClientOptions): DynamicModule {
    return withClient({ provide: TokenClient, useValue: new TokenClient(options) });
  }

  /**
   * Takes the options from a factory. If an option is invalid, the application does not start.
   *
   * @param options.imports modules that provide the dependencies of the factory
   * @param options.inject the dependencies of the factory
   * @param options.useFactory returns the {@link TokenClientOptions}, or a promise of them
   */
  static forRootAsync({ imports = [], inject = [], useFactory }: TokenClientAsyncOptions): DynamicModule {
    const make = async (...dependencies: unknown[]): Promise<TokenClient> =>
      new TokenClient(await useFactory(...dependencies));
    return withClient({ provide: TokenClient, inject, useFactory: make }, imports);
  }
}

/**
 * Distinguishes registrations. Nest 10, and later versions with `moduleIdGeneratorAlgorithm: 'deep-hash'`,
 * treat two modules as one if their providers are equal when serialized, as those of two factories are.
 */
const REGISTRATION = Symbol('REGISTRATION');

function withClient(client: Provider<TokenClient>, imports: ModuleMetadata['imports'] = []): DynamicModule {
  return {
    module: TokenClientModule,
    global: true,
    imports,
    providers: [client, { provide: REGISTRATION, useValue: randomUUID() }],
    exports: [TokenClient],
  };
}
