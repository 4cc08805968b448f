import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { IssuersModule } from '../issuers/issuers.module.js';
import { OutsideTokensModule } from '../issuers/outside-tokens.module.js';
import { SyncModule } from '../sync/sync.module.js';
import { HealthController } from './health.controller.js';
import { PingController } from './ping.controller.js';

/**
 * Owns the health routes: whether the service runs (`/ping`, `/health/live`), and whether it can do its work
 * (`/health/ready`).
 */
@Module({
  imports: [TerminusModule.forRoot({ logger: false }), IssuersModule, OutsideTokensModule, SyncModule],
  controllers: [PingController, HealthController],
})
export class HealthModule {}
