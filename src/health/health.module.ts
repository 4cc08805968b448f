import { type DynamicModule, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Clock } from '../clock.js';
import { HealthController } from './health.controller.js';
import { PingController } from './ping.controller.js';

/** Says whether the service runs (`/ping`, `/health/live`) and whether it can do its work (`/health/ready`). */
@Module({})
export class HealthModule {
  static forRoot(clock: Clock): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [PingController, HealthController],
      providers: [{ provide: Clock, useValue: clock }],
    };
  }
}
