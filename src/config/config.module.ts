import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule as NestConfigModule, ConfigService } from '@nestjs/config';
import { type Settings, SETTINGS } from './settings.js';

const NAMESPACE = 'identity';

/** Loads the settings into the application, by `@nestjs/config`; only the composition root imports it. */
@Module({})
export class ConfigModule {
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      imports: [
        NestConfigModule.forRoot({
          // What is read is settled before the application is made: settings.ts tells it the address and the limits.
          ignoreEnvFile: true,
          skipProcessEnv: true,
          load: [() => ({ [NAMESPACE]: settings })],
        }),
      ],
      providers: [
        {
          provide: SETTINGS,
          inject: [ConfigService],
          useFactory: (config: ConfigService) => config.getOrThrow<Settings>(NAMESPACE),
        },
      ],
      exports: [SETTINGS],
    };
  }
}
