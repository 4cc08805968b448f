import {
  type DynamicModule,
  Logger,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { type AsyncOptions, asyncProviders } from '../registration/async-options.js';
import { type RegistrationScope, separateScope } from '../registration/registration-scope.js';
import { Registrations } from '../registration/registrations.js';
import { DeclaredProtection } from './declared-protection.js';
import { IdentityAuthHealth } from './identity-auth-health.js';
import type { IdentityAuthOptions } from './identity-auth-options.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { serveMetadata } from './protected-resource-metadata.js';
import { TokenVerifier } from './token-verifier.js';

/** A class that returns the options, for `useClass` and `useExisting`. */
export interface IdentityAuthOptionsFactory {
  createIdentityAuthOptions(): IdentityAuthOptions | Promise<IdentityAuthOptions>;
}

/** Options of {@link IdentityAuthModule.forRootAsync}. */
export type IdentityAuthAsyncOptions = RegistrationScope &
  AsyncOptions<IdentityAuthOptions, IdentityAuthOptionsFactory>;

const MODULE_NAME = 'IdentityAuthModule';
const REGISTRATIONS = new Registrations(MODULE_NAME);

/**
 * Provides the {@link JwtAuthGuard}, its {@link TokenVerifier} and {@link IdentityAuthHealth}: to all modules
 * of an application or, with `global: false`, to those that import the registration. The application does not
 * start if the order of imports would decide which registration a module gets. Imports nothing of the issuer.
 */
@Module({})
export class IdentityAuthModule implements OnApplicationBootstrap, OnModuleInit {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly server: HttpAdapterHost,
    private readonly application: ApplicationConfig,
    private readonly verifier: TokenVerifier,
  ) {}

  /**
   * Provides a guard with these options.
   *
   * @throws {TypeError} that names the invalid option, and contains no secret
   */
  static forRoot(options: IdentityAuthOptions & RegistrationScope): DynamicModule {
    const [global, others] = separateScope<IdentityAuthOptions & RegistrationScope>(MODULE_NAME, options);
    const verifier = new TokenVerifier(others as IdentityAuthOptions);
    return registration([{ provide: TokenVerifier, useValue: verifier }], { global });
  }

  /**
   * Provides a guard with the options that a factory or a class returns. If they are invalid, the application
   * does not start.
   */
  static forRootAsync(options: IdentityAuthAsyncOptions): DynamicModule {
    const [global] = separateScope(MODULE_NAME, options);
    const providers = asyncProviders(options, (factory) => factory.createIdentityAuthOptions(), {
      provide: TokenVerifier,
      from: (given) => new TokenVerifier(given),
      moduleName: MODULE_NAME,
    });
    return registration(providers, { global, imports: options.imports ?? [] });
  }

  /**
   * Checks the registrations of the application, and serves the metadata of its protected resource.
   *
   * @throws {Error} that names the registrations, if the order of imports would decide between them, or the
   *   resources, if both have their metadata at one path
   */
  onModuleInit(): void {
    REGISTRATIONS.check(this.modules);
    if (this.verifier.resource) serveMetadata(this.server, this.verifier.resource);
  }

  /**
   * Checks what decorators and guards of the application declare. Global guards are known only now.
   *
   * @throws {Error} that names the handlers whose decorators cannot protect them
   */
  onApplicationBootstrap(): void {
    const protection = new DeclaredProtection(this.modules, this.application, this.server);
    protection.check();
    protection.warnOfMessageHandlers((message) => new Logger('IdentityAuth').warn(message));
  }
}

function registration(
  verifier: Provider[],
  { global, imports = [] }: { readonly global: boolean } & Pick<ModuleMetadata, 'imports'>,
): DynamicModule {
  return {
    module: IdentityAuthModule,
    global,
    imports,
    providers: [
      ...verifier,
      JwtAuthGuard,
      IdentityAuthHealth,
      ...REGISTRATIONS.providers(TokenVerifier, ({ audiences }) => JSON.stringify(audiences.join(', '))),
    ],
    exports: [TokenVerifier, JwtAuthGuard, IdentityAuthHealth],
  };
}
