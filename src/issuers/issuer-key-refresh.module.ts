import { Module } from '@nestjs/common';
import { SyncModule } from '../sync/sync.module.js';
import { IssuerKeyRefresh } from './issuer-key-refresh.js';
import { IssuersModule } from './issuers.module.js';
import { OutsideTokensModule } from './outside-tokens.module.js';

/** Keeps the keys of the trusted issuers current in a running service; commands fetch what they need. */
@Module({ imports: [IssuersModule, OutsideTokensModule, SyncModule], providers: [IssuerKeyRefresh] })
export class IssuerKeyRefreshModule {}
