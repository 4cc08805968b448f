import { Module } from '@nestjs/common';
import { ClientsModule } from '../clients/clients.module.js';
import { IssuerKeySource } from './issuer-key-source.js';
import { IssuerKeys } from './issuer-keys.js';
import { IssuersModule } from './issuers.module.js';
import { OutsideTokens } from './outside-tokens.js';
import { TokenInspector } from './token-inspection.js';

/** Owns the check of outside tokens, and the keys that it needs. Opens no route. */
@Module({
  imports: [ClientsModule, IssuersModule],
  providers: [IssuerKeySource, IssuerKeys, OutsideTokens, TokenInspector],
  exports: [IssuerKeys, OutsideTokens, TokenInspector],
})
export class OutsideTokensModule {}
