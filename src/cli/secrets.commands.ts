import { type Command, InvalidArgumentError } from 'commander';
import { ClientAdministration } from '../clients/client-administration.js';
import { dateTime, parseDateTime } from '../encoding/date-time.js';
import { command, commandGroup, type JsonOptions, withJson } from './command.js';
import { COMMAND_LINE } from './command-line.js';
import { single } from './option-values.js';
import { printJson, printLine } from './print.js';
import type { Services } from './services.js';

/** `identity-backend clients secrets …` */
export function secretsCommand(services: Services): Command {
  return commandGroup('secrets', 'the secrets of a client: at most two are valid at a time', [
    addCommand(services),
    revokeCommand(services),
  ]);
}

function addCommand(services: Services): Command {
  const add = command('add', 'add a second secret; it is printed only once', 'client').option(
    '--expires-at <time>',
    'when it expires, such as 2030-01-01T00:00:00Z',
    single(expiry),
  );
  return withJson(add).action((id: string, options: JsonOptions & { expiresAt?: number }) =>
    services.use(async (context) => {
      const secret = await context
        .get(ClientAdministration)
        .addSecret(id, options.expiresAt ?? null, COMMAND_LINE);
      const expires_at = secret.expiresAt === null ? null : dateTime(secret.expiresAt);
      if (options.json) printJson({ secret_id: secret.id, client_secret: secret.text, expires_at });
      else {
        printLine(`secret_id      ${secret.id}`);
        printLine(`client_secret  ${secret.text}`);
        printLine(`expires_at     ${expires_at ?? '-'}`);
      }
    }),
  );
}

function revokeCommand(services: Services): Command {
  const end = command('end', 'revoke a secret, by its id', 'client', 'secret');
  return withJson(end).action((id: string, secretId: string, { json }: JsonOptions) =>
    services.use(async (context) => {
      await context.get(ClientAdministration).revokeSecret(id, secretId, COMMAND_LINE);
      if (json) printJson({ client_id: id, secret_id: secretId, ended: true });
      else printLine(`Ended ${secretId} of ${id}`);
    }),
  );
}

function expiry(value: string): number {
  const time = parseDateTime(value);
  if (time === undefined) throw new InvalidArgumentError('It is not a time such as 2030-01-01T00:00:00Z.');
  return time;
}
