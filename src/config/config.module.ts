import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule as NestConfigModule, registerAs } from '@nestjs/config';
import { NAMESPACES } from './namespaces.js';
import type { Settings } from './settings.js';

/**
 * Owns the settings: reads and validates them, and provides them to the application through `@nestjs/config`.
 * Each module injects its own namespace (`namespaces.ts`). The settings are read before Nest starts, as the
 * exit code, the log and the number of processes depend on them.
 */
@Module({})
export class ConfigModule {
  static forRoot(settings: Settings): DynamicModule {
    const load = Object.entries(NAMESPACES).map(([name, fields]) =>
      registerAs(name, () => Object.fromEntries(fields.map((field) => [field, settings[field]]))),
    );
    return {
      module: ConfigModule,
      imports: [
        NestConfigModule.forRoot({
          isGlobal: true,
          ignoreEnvFile: true,
          validatePredefined: false,
          skipProcessEnv: true,
          load,
        }),
      ],
    };
  }
}
