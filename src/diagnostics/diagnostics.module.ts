import { type DynamicModule, Module } from '@nestjs/common';
import { Clock } from '../clock.js';
import { DebugEnvController } from './debug-env.controller.js';
import { DIAGNOSTICS_OPTIONS, type DiagnosticsOptions } from './diagnostics-options.js';

/** Helps the owners of two services to see whether their settings agree. */
@Module({})
export class DiagnosticsModule {
  static forRoot(options: DiagnosticsOptions, clock: Clock): DynamicModule {
    return {
      module: DiagnosticsModule,
      controllers: options.enabled ? [DebugEnvController] : [],
      providers: [
        { provide: DIAGNOSTICS_OPTIONS, useValue: options },
        { provide: Clock, useValue: clock },
      ],
    };
  }
}
