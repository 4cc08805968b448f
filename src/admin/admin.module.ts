import { Module } from '@nestjs/common';
import { ClientsModule } from '../clients/clients.module.js';
import { IssuersModule } from '../issuers/issuers.module.js';
import { OutsideTokensModule } from '../issuers/outside-tokens.module.js';
import { AdministrationModule } from './administration.module.js';
import { ClientSecretsController } from './client-secrets.controller.js';
import { ClientsController } from './clients.controller.js';
import { IssuersController } from './issuers.controller.js';
import { KeysController } from './keys.controller.js';

/** The routes under `/admin`. */
@Module({
  imports: [AdministrationModule, ClientsModule, IssuersModule, OutsideTokensModule],
  controllers: [ClientsController, ClientSecretsController, IssuersController, KeysController],
})
export class AdminModule {}
