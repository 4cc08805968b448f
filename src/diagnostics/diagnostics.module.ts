import { Module } from '@nestjs/common';
import { DebugEnvController } from './debug-env.controller.js';

/**
 * Owns the diagnostics: `/debug-env` and the doctor, with which the owners of two services compare their
 * settings.
 */
@Module({ controllers: [DebugEnvController] })
export class DiagnosticsModule {}
