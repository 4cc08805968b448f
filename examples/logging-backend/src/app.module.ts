import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdentityAuthModule, JwtAuthGuard } from '@acme/identity-client/guard';
import { DebugEnvController } from './debug-env.controller.js';
import { LogsModule } from './logs/logs.module.js';
import { PingController } from './ping.controller.js';
import { SETTINGS, type Settings } from './settings.js';

/** Every route needs a token for this service, unless it is marked `@Public()`. */
@Module({})
export class AppModule {
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [IdentityAuthModule.forRoot(settings.tokens), LogsModule.forRoot(settings.databaseUrl)],
      controllers: settings.debugEnv ? [PingController, DebugEnvController] : [PingController],
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: APP_GUARD, useExisting: JwtAuthGuard },
      ],
    };
  }
}
