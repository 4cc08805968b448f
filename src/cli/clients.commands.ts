import { Inject, type Type } from '@nestjs/common';
import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { ClientAdministration } from '../clients/client-administration.js';
import { clientDocument } from '../clients/client.document.js';
import { ClientChangeRefused } from '../clients/client-change-refused.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { type ClientOptions, ClientOptionsCommand, clientMembers } from './client-options.js';
import { COMMAND_LINE } from './command-line.js';
import { JsonCommand, type JsonOptions } from './json.command.js';
import { printClient, printJson, printLine } from './print.js';
import { SECRETS_COMMANDS, SecretsCommand } from './secrets.commands.js';

@SubCommand({ name: 'create', description: 'register a client; its secret is printed this once' })
class CreateCommand extends ClientOptionsCommand {
  constructor(@Inject(ClientAdministration) private readonly administration: ClientAdministration) {
    super();
  }

  @Option({ flags: '--id <id>', description: 'who it is: 1 to 128 of A-Za-z0-9._~-', required: true })
  id(value: string): string {
    return value;
  }

  override async run(_arguments: string[], options: ClientOptions & { id: string }): Promise<void> {
    const body = { client_id: options.id, ...clientMembers(options) };
    const { client, secret } = await this.administration.create(body, COMMAND_LINE);
    const created = { ...clientDocument(client), client_secret: secret.text };
    if (options.json) printJson(created);
    else printClient(created);
  }
}

@SubCommand({ name: 'list', description: 'list all clients' })
class ListCommand extends JsonCommand {
  constructor(@Inject(ClientRegistry) private readonly clients: ClientRegistry) {
    super();
  }

  override run(_arguments: string[], { json }: JsonOptions): Promise<void> {
    const { clients } = this.clients.page(Infinity);
    if (json) printJson({ clients: clients.map(clientDocument), next: null });
    else {
      for (const { id, name, disabled } of clients)
        printLine(`${id}\t${name}${disabled ? '\t(disabled)' : ''}`);
    }
    return Promise.resolve();
  }
}

@SubCommand({ name: 'show', arguments: '<id>', description: 'show a client' })
class ShowCommand extends JsonCommand {
  constructor(@Inject(ClientRegistry) private readonly clients: ClientRegistry) {
    super();
  }

  override run([id = '']: string[], { json }: JsonOptions): Promise<void> {
    const client = this.clients.find(id);
    if (!client) return Promise.reject(new ClientChangeRefused('not_found', 'There is no client of this id'));
    (json ? printJson : printClient)(clientDocument(client));
    return Promise.resolve();
  }
}

@SubCommand({
  name: 'update',
  arguments: '<id>',
  description: 'change a client; a list replaces the former one, and - alone empties it',
})
class UpdateCommand extends ClientOptionsCommand {
  constructor(@Inject(ClientAdministration) private readonly administration: ClientAdministration) {
    super();
  }

  override async run([id = '']: string[], options: ClientOptions): Promise<void> {
    const client = await this.administration.update(id, clientMembers(options), COMMAND_LINE);
    (options.json ? printJson : printClient)(clientDocument(client));
  }
}

abstract class SwitchCommand extends JsonCommand {
  constructor(
    private readonly administration: ClientAdministration,
    private readonly disabled: boolean,
  ) {
    super();
  }

  override async run([id = '']: string[], { json }: JsonOptions): Promise<void> {
    const client = await this.administration.update(id, { disabled: this.disabled }, COMMAND_LINE);
    (json ? printJson : printClient)(clientDocument(client));
  }
}

@SubCommand({ name: 'disable', arguments: '<id>', description: 'refuse a client and its tokens' })
class DisableCommand extends SwitchCommand {
  constructor(@Inject(ClientAdministration) administration: ClientAdministration) {
    super(administration, true);
  }
}

@SubCommand({ name: 'enable', arguments: '<id>', description: 'admit a disabled client again' })
class EnableCommand extends SwitchCommand {
  constructor(@Inject(ClientAdministration) administration: ClientAdministration) {
    super(administration, false);
  }
}

@SubCommand({ name: 'delete', arguments: '<id>', description: 'remove a client' })
class DeleteCommand extends JsonCommand {
  constructor(@Inject(ClientAdministration) private readonly administration: ClientAdministration) {
    super();
  }

  override async run([id = '']: string[], { json }: JsonOptions): Promise<void> {
    await this.administration.delete(id, COMMAND_LINE);
    if (json) printJson({ client_id: id, deleted: true });
    else printLine(`Deleted ${id}`);
  }
}

const SUB_COMMANDS = [
  CreateCommand,
  ListCommand,
  ShowCommand,
  UpdateCommand,
  DisableCommand,
  EnableCommand,
  DeleteCommand,
];

/** `identity-backend clients …` */
@Command({
  name: 'clients',
  description: 'the registered clients',
  subCommands: [...SUB_COMMANDS, SecretsCommand],
})
class ClientsCommand extends CommandRunner {
  override run(): Promise<void> {
    return this.command.help({ error: true });
  }
}

/** Everything that stands behind `identity-backend clients`. */
export const CLIENTS_COMMANDS: Type<CommandRunner>[] = [ClientsCommand, ...SUB_COMMANDS, ...SECRETS_COMMANDS];
