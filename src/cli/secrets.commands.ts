import type { Command } from 'commander';
import type { ClientAdministration } from '../clients/client-administration.js';
import { dateTime } from '../clients/client.document.js';
import { parseDateTime } from '../validation/date-time.js';
import { command, commandGroup, type JsonOptions, withJson } from './command.js';
import { COMMAND_LINE } from './command-line.js';
import { printJson, printLine } from './print.js';

/** `identity-backend clients secrets …` */
export function secretsCommand(administration: ClientAdministration): Command {
  return commandGroup('secrets', 'the secrets of a client: at most two that are good', [
    addCommand(administration),
    endCommand(administration),
  ]);
}

function addCommand(administration: ClientAdministration): Command {
  const add = command('add', 'add a second secret; it is printed this once')
    .argument('<client>')
    .option('--expires-at <time>', 'when it ends by itself, such as 2030-01-01T00:00:00Z', expiry);
  return withJson(add).action(async (id: string, options: JsonOptions & { expiresAt?: number }) => {
    const secret = await administration.addSecret(id, options.expiresAt ?? null, COMMAND_LINE);
    const expires_at = secret.expiresAt === null ? null : dateTime(secret.expiresAt);
    if (options.json) printJson({ secret_id: secret.id, client_secret: secret.text, expires_at });
    else {
      printLine(`secret_id      ${secret.id}`);
      printLine(`client_secret  ${secret.text}`);
      printLine(`expires_at     ${expires_at ?? '-'}`);
    }
  });
}

function endCommand(administration: ClientAdministration): Command {
  const end = command('end', 'end a secret, by its id').argument('<client>').argument('<secret>');
  return withJson(end).action(async (id: string, secretId: string, { json }: JsonOptions) => {
    await administration.endSecret(id, secretId, COMMAND_LINE);
    if (json) printJson({ client_id: id, secret_id: secretId, ended: true });
    else printLine(`Ended ${secretId} of ${id}`);
  });
}

function expiry(value: string): number {
  const time = parseDateTime(value);
  if (time === undefined) throw new Error('--expires-at is not a time such as 2030-01-01T00:00:00Z');
  return time;
}
