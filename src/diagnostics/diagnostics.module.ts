import { Module } from '@nestjs/common';
import { DebugEnvController } from './debug-env.controller.js';

/** Helps the owners of two services to see whether their settings agree. */
@Module({ controllers: [DebugEnvController] })
export class DiagnosticsModule {}
