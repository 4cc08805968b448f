import {
  type DynamicModule,
  Module,
  type ModuleMetadata,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type AsyncOptions, asyncProviders } from '../registration/async-options.js';
import { type RegistrationScope, separateScope } from '../registration/registration-scope.js';
import { Registrations } from '../registration/registrations.js';
import type { TokenClientOptions } from './token-client-options.js';
import { TokenClient } from './token-client.js';

/** A class that returns the options, for `useClass` and `useExisting`. */
export interface TokenClientOptionsFactory {
  createTokenClientOptions(): TokenClientOptions | Promise<TokenClientOptions>;
}

/** Options of {@link TokenClientModule.forRootAsync}. */
export type TokenClientAsyncOptions = RegistrationScope &
  AsyncOptions<TokenClientOptions, TokenClientOptionsFactory>;

const MODULE_NAME = 'TokenClientModule';
const REGISTRATIONS = new Registrations(MODULE_NAME);

/**
 * Provides a {@link TokenClient}: to every module of an application or, with `global: false`, to those that
 * import the registration. The application does not start if the order of imports would decide which client a
 * module gets. Imports nothing of the issuer.
 */
@Module({})
export class TokenClientModule implements OnModuleInit {
  constructor(private readonly modules: ModulesContainer) {}

  /**
   * @param options the issuer, and the identity of this application
   * @throws {TypeError} naming the invalid option
   */
  static forRoot(options: TokenClientOptions & RegistrationScope): DynamicModule {
    const [global, others] = separateScope(MODULE_NAME, options);
    return registration([{ provide: TokenClient, useValue: new TokenClient(others) }], { global });
  }

  /** Takes the options from a factory or a class. If one is invalid, the application does not start. */
  static forRootAsync(options: TokenClientAsyncOptions): DynamicModule {
    const [global] = separateScope(MODULE_NAME, options);
    const providers = asyncProviders(options, (factory) => factory.createTokenClientOptions(), {
      provide: TokenClient,
      from: (given) => new TokenClient(given),
      moduleName: MODULE_NAME,
    });
    return registration(providers, { global, imports: options.imports ?? [] });
  }

  /** @throws {Error} that names the registrations, if the order of imports would decide between them */
  onModuleInit(): void {
    REGISTRATIONS.check(this.modules);
  }
}

function registration(
  client: Provider[],
  { global, imports = [] }: { readonly global: boolean } & Pick<ModuleMetadata, 'imports'>,
): DynamicModule {
  return {
    module: TokenClientModule,
    global,
    imports,
    providers: [...client, ...REGISTRATIONS.providers(TokenClient, ({ name }) => name)],
    exports: [TokenClient],
  };
}
