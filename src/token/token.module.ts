import { type DynamicModule, Module } from '@nestjs/common';
import { Clock, SystemClock } from '../clock.js';
import { KeyRing } from '../keys/key-ring.js';
import { StoredKeys } from '../keys/stored-keys.js';
import { TOKEN_OPTIONS, type TokenOptions } from './token-options.js';
import { TokenService } from './token.service.js';

/** What {@link TokenModule.forRoot} takes. */
export interface TokenModuleOptions extends TokenOptions {
  /** Where the time comes from; the machine's clock where left out. */
  readonly clock?: Clock;
}

/** Gives an application a {@link TokenService}. Opens no route. */
@Module({})
export class TokenModule {
  static forRoot({ clock, ...options }: TokenModuleOptions): DynamicModule {
    return {
      module: TokenModule,
      providers: [
        { provide: TOKEN_OPTIONS, useValue: options },
        { provide: Clock, useValue: clock ?? new SystemClock() },
        {
          provide: KeyRing,
          inject: [{ token: StoredKeys, optional: true }],
          useFactory: (stored?: StoredKeys) => new KeyRing(options, stored),
        },
        TokenService,
      ],
      exports: [TokenService, KeyRing],
    };
  }
}
