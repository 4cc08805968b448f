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
 * Gives an application a {@link TokenClient}, for every module once it is imported; a module that imports it
 * again with other options gets its own. Imports nothing of the issuer.
 */
@Module({})
export class TokenClientModule {
  /** @throws {TypeError} naming the invalid option */
  static forRoot(options: TokenClientOptions): DynamicModule {
    return withClient({ provide: TokenClient, useValue: new TokenClient(options) });
  }

  /** Takes the options from a factory; if they are invalid, the application does not start. */
  static forRootAsync({ imports = [], inject = [], useFactory }: TokenClientAsyncOptions): DynamicModule {
    const make = async (...dependencies: unknown[]): Promise<TokenClient> =>
      new TokenClient(await useFactory(...dependencies));
    return withClient({ provide: TokenClient, inject, useFactory: make }, imports);
  }
}

/** Nest 10 takes two modules whose providers print alike for one, whatever their options are. */
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
