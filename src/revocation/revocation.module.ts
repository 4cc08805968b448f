import { Module, type OnModuleInit } from '@nestjs/common';
import { SyncLoop } from '../sync/sync-loop.js';
import { SyncModule } from '../sync/sync.module.js';
import { Revocations } from './revocations.js';

/**
 * Owns the revoked tokens (RFC 7009), held in memory and kept in sync with the RevocationStore of a global
 * module.
 */
@Module({ imports: [SyncModule], providers: [Revocations], exports: [Revocations] })
export class RevocationModule implements OnModuleInit {
  constructor(
    private readonly syncLoop: SyncLoop,
    private readonly revocations: Revocations,
  ) {}

  onModuleInit(): void {
    this.syncLoop.join(this.revocations);
  }
}
