import { Module } from '@nestjs/common';
import { ClientAdministration } from '../clients/client-administration.js';
import { ClientsModule } from '../clients/clients.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { ClientDescription } from './client-description.js';
import { KeyAdministration } from '../keys/key-administration.js';

/** The services behind the routes of AdminModule and the command line. Opens no route. */
@Module({
  imports: [ClientsModule, KeysModule],
  providers: [ClientAdministration, ClientDescription, KeyAdministration],
  exports: [ClientAdministration, ClientDescription, KeyAdministration],
})
export class AdministrationModule {}
