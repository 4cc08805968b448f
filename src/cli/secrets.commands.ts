import { Inject, type Type } from '@nestjs/common';
import { CommandRunner, Option, SubCommand } from 'nest-commander';
import { ClientAdministration } from '../clients/client-administration.js';
import { dateTime } from '../clients/client.document.js';
import { parseDateTime } from '../validation/date-time.js';
import { COMMAND_LINE } from './command-line.js';
import { JsonCommand, type JsonOptions } from './json.command.js';
import { printJson, printLine } from './print.js';

@SubCommand({
  name: 'add',
  arguments: '<client>',
  description: 'add a second secret; it is printed this once',
})
class AddSecretCommand extends JsonCommand {
  constructor(@Inject(ClientAdministration) private readonly administration: ClientAdministration) {
    super();
  }

  @Option({
    flags: '--expires-at <time>',
    description: 'when it ends by itself, such as 2030-01-01T00:00:00Z',
  })
  expiresAt(value: string): number {
    const time = parseDateTime(value);
    if (time === undefined) throw new Error('--expires-at is not a time such as 2030-01-01T00:00:00Z');
    return time;
  }

  override async run([id = '']: string[], options: JsonOptions & { expiresAt?: number }): Promise<void> {
    const secret = await this.administration.addSecret(id, options.expiresAt ?? null, COMMAND_LINE);
    const expires_at = secret.expiresAt === null ? null : dateTime(secret.expiresAt);
    if (options.json) printJson({ secret_id: secret.id, client_secret: secret.text, expires_at });
    else {
      printLine(`secret_id      ${secret.id}`);
      printLine(`client_secret  ${secret.text}`);
      printLine(`expires_at     ${expires_at ?? '-'}`);
    }
  }
}

@SubCommand({ name: 'end', arguments: '<client> <secret>', description: 'end a secret, by its id' })
class EndSecretCommand extends JsonCommand {
  constructor(@Inject(ClientAdministration) private readonly administration: ClientAdministration) {
    super();
  }

  override async run([id = '', secretId = '']: string[], { json }: JsonOptions): Promise<void> {
    await this.administration.endSecret(id, secretId, COMMAND_LINE);
    if (json) printJson({ client_id: id, secret_id: secretId, ended: true });
    else printLine(`Ended ${secretId} of ${id}`);
  }
}

/** `identity-backend clients secrets …` */
@SubCommand({
  name: 'secrets',
  description: 'the secrets of a client: at most two that are good',
  subCommands: [AddSecretCommand, EndSecretCommand],
})
export class SecretsCommand extends CommandRunner {
  override run(): Promise<void> {
    return this.command.help({ error: true });
  }
}

export const SECRETS_COMMANDS: Type<CommandRunner>[] = [SecretsCommand, AddSecretCommand, EndSecretCommand];
