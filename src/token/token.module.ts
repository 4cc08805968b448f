import { randomUUID } from 'node:crypto';
import { type DynamicModule, Module, type ModuleMetadata, type Provider } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { KeyRing } from '../keys/key-ring.js';
import { type EmbeddedTokenRoutes, embeddedTokenRoutes } from './embedded/embedded-token-routes.js';
import { KeyRingJwtService } from './nestjs-jwt/key-ring-jwt.service.js';
import { jwtModuleConflict } from './nestjs-jwt/jwt-module-conflict.js';
import {
  completeSettings,
  type TokenModuleAsyncOptions,
  type TokenModuleOptions,
} from './token-module-options.js';
import { type ServiceParts, TOKEN_OPTIONS, type TokenOptions } from './token-options.js';
import { TokenService } from './token.service.js';

/**
 * Provides a {@link TokenService}, which issues and verifies tokens, and a `JwtService` of `@nestjs/jwt` with
 * the same keys. Opens routes only if `routes` is given. An application may register it several times: each
 * module gets the providers of the registration that it imports.
 */
@Module({})
export class TokenModule {
  /**
   * @param options the settings of the tokens, and optional routes
   * @throws {TypeError} naming the invalid option
   */
  static forRoot({ routes, global, ...settings }: TokenModuleOptions): DynamicModule {
    return tokenModule({ provide: TOKEN_OPTIONS, useValue: completeSettings(settings) }, { routes, global });
  }

  /**
   * Takes the settings from a factory. If one is invalid, the application does not start.
   *
   * @param options.imports modules that provide the dependencies of the factory
   * @param options.inject the dependencies of the factory
   * @param options.useFactory returns the {@link TokenSettings}, or a promise of them
   * @param options.routes opens `POST /token` and `POST /verify`. Default: no routes
   * @param options.global as in {@link TokenModuleOptions}
   */
  static forRootAsync({
    imports = [],
    inject = [],
    useFactory,
    routes,
    global,
  }: TokenModuleAsyncOptions): DynamicModule {
    const make = async (...dependencies: unknown[]): Promise<TokenOptions & ServiceParts> =>
      completeSettings(await useFactory(...dependencies));
    return tokenModule({ provide: TOKEN_OPTIONS, inject, useFactory: make }, { imports, routes, global });
  }
}

/**
 * Distinguishes registrations. With `moduleIdGeneratorAlgorithm: 'deep-hash'`, Nest treats two modules as one
 * if their providers are equal when serialized, as those of two factories are.
 */
const REGISTRATION = Symbol('REGISTRATION');

interface RegistrationOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly routes: EmbeddedTokenRoutes | undefined;
  readonly global: boolean | undefined;
}

function tokenModule(
  settings: Provider,
  { imports = [], routes, global = false }: RegistrationOptions,
): DynamicModule {
  const parts = routes ? embeddedTokenRoutes(routes) : { imports: [], controllers: [], providers: [] };
  return {
    module: TokenModule,
    global,
    imports: [...imports, ...parts.imports],
    controllers: parts.controllers,
    providers: [
      settings,
      { provide: REGISTRATION, useValue: randomUUID() },
      {
        provide: KeyRing,
        inject: [TOKEN_OPTIONS],
        useFactory: (options: TokenOptions & ServiceParts) => new KeyRing(options, options.managedKeys),
      },
      TokenService,
      { provide: JwtService, useClass: KeyRingJwtService },
      jwtModuleConflict,
      ...parts.providers,
    ],
    exports: [TokenService, KeyRing, JwtService],
  };
}
