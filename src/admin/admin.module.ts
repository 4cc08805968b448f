import { Module } from '@nestjs/common';
import { ClientsModule } from '../clients/clients.module.js';
import { AdministrationModule } from './administration.module.js';
import { ClientSecretsController } from './client-secrets.controller.js';
import { ClientsController } from './clients.controller.js';
import { KeysController } from './keys.controller.js';

/** The routes under `/admin`. */
@Module({
  imports: [AdministrationModule, ClientsModule],
  controllers: [ClientsController, ClientSecretsController, KeysController],
})
export class AdminModule {}
