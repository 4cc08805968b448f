import { type DynamicModule, Module, type ModuleMetadata, type Provider } from '@nestjs/common';
import { Clock, SystemClock } from '../clock.js';
import { KeyRing } from '../keys/key-ring.js';
import { ManagedKeys } from '../keys/managed-keys.js';
import { type EmbeddedTokenRoutes, embeddedTokenRoutes } from './embedded/embedded-token-routes.js';
import {
  type CompleteSettings,
  completeSettings,
  type TokenModuleAsyncOptions,
  type TokenModuleOptions,
} from './token-module-options.js';
import { TOKEN_OPTIONS } from './token-options.js';
import { TokenService } from './token.service.js';

/**
 * Gives a module a {@link TokenService}, which issues and judges tokens. Opens no route unless it is told to. An application
 * may have it more than once: each module that imports it gets the one that it imports.
 */
@Module({})
export class TokenModule {
  /** @throws {TypeError} naming the option that is wrong */
  static forRoot({ routes, ...settings }: TokenModuleOptions): DynamicModule {
    return tokenModule({ provide: TOKEN_OPTIONS, useValue: completeSettings(settings) }, { routes });
  }

  /** Takes the settings from a factory; where they are wrong, the application does not start. */
  static forRootAsync({
    imports = [],
    inject = [],
    useFactory,
    routes,
  }: TokenModuleAsyncOptions): DynamicModule {
    const make = async (...dependencies: unknown[]): Promise<CompleteSettings> =>
      completeSettings(await useFactory(...dependencies));
    return tokenModule({ provide: TOKEN_OPTIONS, inject, useFactory: make }, { imports, routes });
  }
}

interface Surroundings extends Pick<ModuleMetadata, 'imports'> {
  readonly routes: EmbeddedTokenRoutes | undefined;
}

function tokenModule(settings: Provider, { imports = [], routes }: Surroundings): DynamicModule {
  const parts = routes ? embeddedTokenRoutes(routes) : { imports: [], controllers: [], providers: [] };
  return {
    module: TokenModule,
    imports: [...imports, ...parts.imports],
    controllers: parts.controllers,
    providers: [
      settings,
      {
        provide: Clock,
        inject: [TOKEN_OPTIONS],
        useFactory: ({ clock = new SystemClock() }: CompleteSettings) => clock,
      },
      {
        provide: KeyRing,
        inject: [TOKEN_OPTIONS, { token: ManagedKeys, optional: true }],
        useFactory: (options: CompleteSettings, stored?: ManagedKeys) => new KeyRing(options, stored),
      },
      TokenService,
      ...parts.providers,
    ],
    exports: [TokenService, KeyRing],
  };
}
