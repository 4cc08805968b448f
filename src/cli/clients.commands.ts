import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { ClientAdministration } from '../clients/client-administration.js';
import { clientDocument } from '../clients/client.document.js';
import { ClientChangeRefused } from '../clients/client-change-refused.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { type ClientOptions, clientMembers, withClientOptions } from './client-options.js';
import { command, commandGroup, type JsonOptions, withJson } from './command.js';
import { COMMAND_LINE } from './command-line.js';
import { printClient, printJson, printLine } from './print.js';
import { secretsCommand } from './secrets.commands.js';

/** `identity-backend clients …` */
export function clientsCommand(services: INestApplicationContext): Command {
  const administration = services.get(ClientAdministration);
  const clients = services.get(ClientRegistry);
  return commandGroup('clients', 'the registered clients', [
    createCommand(administration),
    listCommand(clients),
    showCommand(clients),
    updateCommand(administration),
    switchCommand(administration, 'disable', 'refuse a client and its tokens', true),
    switchCommand(administration, 'enable', 'admit a disabled client again', false),
    deleteCommand(administration),
    secretsCommand(administration),
  ]);
}

function createCommand(administration: ClientAdministration): Command {
  const create = command('create', 'register a client; its secret is printed this once');
  create.requiredOption('--id <id>', 'who it is: 1 to 128 of A-Za-z0-9._~-');
  return withClientOptions(create).action(async (options: ClientOptions & { id: string }) => {
    const body = { client_id: options.id, ...clientMembers(options) };
    const { client, secret } = await administration.create(body, COMMAND_LINE);
    const created = { ...clientDocument(client), client_secret: secret.text };
    if (options.json) printJson(created);
    else printClient(created);
  });
}

function listCommand(registry: ClientRegistry): Command {
  return withJson(command('list', 'list all clients')).action(({ json }: JsonOptions) => {
    const { clients } = registry.page(Infinity);
    if (json) printJson({ clients: clients.map(clientDocument), next: null });
    else {
      for (const { id, name, disabled } of clients)
        printLine(`${id}\t${name}${disabled ? '\t(disabled)' : ''}`);
    }
  });
}

function showCommand(registry: ClientRegistry): Command {
  const show = command('show', 'show a client').argument('<id>');
  return withJson(show).action((id: string, { json }: JsonOptions) => {
    const client = registry.find(id);
    if (!client) throw new ClientChangeRefused('not_found', 'There is no client of this id');
    (json ? printJson : printClient)(clientDocument(client));
  });
}

function updateCommand(administration: ClientAdministration): Command {
  const update = command(
    'update',
    'change a client; a list replaces the former one, and - alone empties it',
  ).argument('<id>');
  return withClientOptions(update).action(async (id: string, options: ClientOptions) => {
    const client = await administration.update(id, clientMembers(options), COMMAND_LINE);
    (options.json ? printJson : printClient)(clientDocument(client));
  });
}

function switchCommand(
  administration: ClientAdministration,
  name: string,
  description: string,
  disabled: boolean,
): Command {
  const switched = command(name, description).argument('<id>');
  return withJson(switched).action(async (id: string, { json }: JsonOptions) => {
    const client = await administration.update(id, { disabled }, COMMAND_LINE);
    (json ? printJson : printClient)(clientDocument(client));
  });
}

function deleteCommand(administration: ClientAdministration): Command {
  const remove = command('delete', 'remove a client').argument('<id>');
  return withJson(remove).action(async (id: string, { json }: JsonOptions) => {
    await administration.delete(id, COMMAND_LINE);
    if (json) printJson({ client_id: id, deleted: true });
    else printLine(`Deleted ${id}`);
  });
}
