import type { Command } from 'commander';
import { ClientDescription } from '../admin/client-description.js';
import { ClientAdministration } from '../clients/client-administration.js';
import { toClientDto } from '../admin/dto/client-response.dto.js';
import { dateTime } from '../encoding/date-time.js';
import { ChangeRefused } from '../clients/change-refused.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { expiringSecrets } from '../clients/expiring-secrets.js';
import { Clock } from '../clock.js';
import { type ChangeOptions, changedFields, clientPatch, withChangeOptions } from './client-changes.js';
import { clientFields, withClientOptions } from './client-options.js';
import { command, commandGroup, type JsonOptions, withJson } from './command.js';
import { COMMAND_LINE } from './command-line.js';
import { single } from './option-values.js';
import { printChanges, printFields, printJson, printLine } from './print.js';
import { secretsCommand } from './secrets.commands.js';
import type { Services } from './services.js';

/** `identity-backend clients …` */
export function clientsCommand(services: Services): Command {
  return commandGroup('clients', 'the registered clients', [
    createCommand(services),
    listCommand(services),
    showCommand(services),
    updateCommand(services),
    switchCommand(services, 'disable', 'disable a client and its tokens', true),
    switchCommand(services, 'enable', 'enable a disabled client again', false),
    deleteCommand(services),
    secretsCommand(services),
  ]);
}

interface CreateOptions extends JsonOptions {
  readonly id: string;
  readonly create?: boolean;
}

function createCommand(services: Services): Command {
  const create = command('create', 'register a client; its secret is printed only once')
    .requiredOption('--id <id>', 'its client ID: 1 to 128 characters of A-Za-z0-9._~-', single())
    .option('--create', 'create the database if it does not exist, even in a folder without settings');
  return withClientOptions(create).action((options: CreateOptions) => {
    const body = { client_id: options.id, ...clientFields(options) };
    return services.use(
      async (context) => {
        const described = context.get(ClientDescription).read(body);
        const { client, secret } = await context.get(ClientAdministration).create(described, COMMAND_LINE);
        const created = { ...toClientDto(client), ...(secret && { client_secret: secret.text }) };
        if (options.json) printJson(created);
        else printFields(created);
      },
      options.create ? 'asked' : 'with settings',
    );
  });
}

function listCommand(services: Services): Command {
  return withJson(command('list', 'list all clients')).action(({ json }: JsonOptions) =>
    services.use((context) => {
      const { clients } = context.get(ClientRegistry).page(Infinity);
      if (json) printJson({ clients: clients.map(toClientDto), next: null });
      else {
        const now = context.get(Clock).now();
        for (const client of clients) {
          const { id, name, disabled } = client;
          const [next] = expiringSecrets([client], now);
          const expiry = next ? `\t(a secret expires at ${dateTime(next.expiresAt)})` : '';
          printLine(`${id}\t${name}${disabled ? '\t(disabled)' : ''}${expiry}`);
        }
      }
    }),
  );
}

function showCommand(services: Services): Command {
  return withJson(command('show', 'show a client', 'id')).action((id: string, { json }: JsonOptions) =>
    services.use((context) => {
      const client = context.get(ClientRegistry).find(id);
      if (!client) throw new ChangeRefused('not_found', 'Client not found');
      if (json) {
        printJson(toClientDto(client));
        return;
      }
      printFields(toClientDto(client));
      for (const { secretId, expiresAt } of expiringSecrets([client], context.get(Clock).now())) {
        printLine(`Secret ${secretId} expires soon: at ${dateTime(expiresAt)}`);
      }
    }),
  );
}

function updateCommand(services: Services): Command {
  const update = command(
    'update',
    'change a client; a list replaces the previous one, and - alone empties it',
    'id',
  );
  return withChangeOptions(update).action((id: string, options: ChangeOptions) => {
    const patch = clientPatch(options);
    return services.use(async (context) => {
      const description = context.get(ClientDescription);
      const { previous, client } = await context
        .get(ClientAdministration)
        .update(id, (current) => description.patch(current, patch(toClientDto(current))), COMMAND_LINE);
      const document = toClientDto(client);
      if (options.json) printJson(document);
      else printFields(document);
      printChanges(changedFields(toClientDto(previous), document), options.json);
    });
  });
}

function switchCommand(services: Services, name: string, description: string, disabled: boolean): Command {
  return withJson(command(name, description, 'id')).action((id: string, { json }: JsonOptions) =>
    services.use(async (context) => {
      const { client } = await context
        .get(ClientAdministration)
        .update(id, (current) => ({ ...current, disabled }), COMMAND_LINE);
      (json ? printJson : printFields)(toClientDto(client));
    }),
  );
}

function deleteCommand(services: Services): Command {
  return withJson(command('delete', 'remove a client', 'id')).action((id: string, { json }: JsonOptions) =>
    services.use(async (context) => {
      await context.get(ClientAdministration).delete(id, COMMAND_LINE);
      if (json) printJson({ client_id: id, deleted: true });
      else printLine(`Deleted ${id}`);
    }),
  );
}
