import type { Command } from 'commander';
import { toIssuerDto } from '../admin/dto/issuer-response.dto.js';
import { IssuerDescription } from '../admin/issuer-description.js';
import { ChangeRefused } from '../clients/change-refused.js';
import { IssuerAdministration } from '../issuers/issuer-administration.js';
import { IssuerRegistry } from '../issuers/issuer-registry.js';
import { changedFields } from './client-changes.js';
import { command, commandGroup, type JsonOptions, withJson } from './command.js';
import { COMMAND_LINE } from './command-line.js';
import { issuerFields, issuerPatch, withIssuerOptions } from './issuer-options.js';
import { testCommand } from './issuer-test.command.js';
import { single } from './option-values.js';
import { printChanges, printFields, printJson, printLine } from './print.js';
import type { Services } from './services.js';

/** `identity-backend issuers …` */
export function issuersCommand(services: Services): Command {
  return commandGroup('issuers', 'the outside issuers whose tokens are accepted', [
    createCommand(services),
    listCommand(services),
    showCommand(services),
    updateCommand(services),
    deleteCommand(services),
    testCommand(services),
  ]);
}

interface CreateOptions extends JsonOptions {
  readonly id: string;
  readonly issuer: string;
}

function createCommand(services: Services): Command {
  const create = command('create', 'trust an outside issuer')
    .requiredOption('--id <id>', 'the ID of its entry: 1 to 64 characters of a-z0-9-', single())
    .requiredOption('--issuer <iss>', 'the exact iss of its tokens', single());
  return withIssuerOptions(create).action((options: CreateOptions) => {
    const body = { id: options.id, issuer: options.issuer, ...issuerFields(options) };
    return services.use(async (context) => {
      const described = context.get(IssuerDescription).read(body, 'command line');
      const entry = await context.get(IssuerAdministration).create(described, COMMAND_LINE);
      (options.json ? printJson : printFields)(toIssuerDto(entry));
    }, 'with settings');
  });
}

function listCommand(services: Services): Command {
  return withJson(command('list', 'list all trusted issuers')).action(({ json }: JsonOptions) =>
    services.use((context) => {
      const { issuers } = context.get(IssuerRegistry).page(Infinity);
      if (json) printJson({ issuers: issuers.map(toIssuerDto), next: null });
      else {
        for (const { id, issuer, uses, disabled } of issuers) {
          printLine(`${id}\t${issuer}\t${uses.join(', ') || '-'}${disabled ? '\t(disabled)' : ''}`);
        }
      }
    }),
  );
}

function showCommand(services: Services): Command {
  return withJson(command('show', 'show a trusted issuer', 'id')).action(
    (id: string, { json }: JsonOptions) =>
      services.use((context) => {
        const entry = context.get(IssuerRegistry).find(id);
        if (!entry) throw new ChangeRefused('not_found', 'Issuer not found');
        (json ? printJson : printFields)(toIssuerDto(entry));
      }),
  );
}

function updateCommand(services: Services): Command {
  const update = command(
    'update',
    'change a trusted issuer; a list replaces the previous one, and - alone restores the default',
    'id',
  );
  return withIssuerOptions(update).action((id: string, options: JsonOptions) => {
    const patch = issuerPatch(options);
    return services.use(async (context) => {
      const description = context.get(IssuerDescription);
      const { previous, entry } = await context
        .get(IssuerAdministration)
        .update(
          id,
          (current) => description.patch(current, patch(toIssuerDto(current)), 'command line'),
          COMMAND_LINE,
        );
      const document = toIssuerDto(entry);
      (options.json ? printJson : printFields)(document);
      printChanges(changedFields(toIssuerDto(previous), document), options.json);
    });
  });
}

function deleteCommand(services: Services): Command {
  return withJson(command('delete', 'no longer trust an issuer', 'id')).action(
    (id: string, { json }: JsonOptions) =>
      services.use(async (context) => {
        await context.get(IssuerAdministration).delete(id, COMMAND_LINE);
        if (json) printJson({ id, deleted: true });
        else printLine(`Deleted ${id}`);
      }),
  );
}
