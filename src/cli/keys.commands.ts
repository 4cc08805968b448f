import { Inject, type Type } from '@nestjs/common';
import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { KeyAdministration } from '../administration/key-administration.js';
import type { KeyDocument } from '../administration/keys.document.js';
import { type Algorithm, ALGORITHMS, isAlgorithm } from '../jwt/algorithms.js';
import { COMMAND_LINE } from './command-line.js';
import { JsonCommand, type JsonOptions } from './json.command.js';
import { printJson, printLine } from './print.js';

@SubCommand({ name: 'list', description: 'list the keys with their schedules' })
class ListKeysCommand extends JsonCommand {
  constructor(@Inject(KeyAdministration) private readonly administration: KeyAdministration) {
    super();
  }

  override run(_arguments: string[], { json = false }: JsonOptions): Promise<void> {
    printKeys(this.administration.list(), json);
    return Promise.resolve();
  }
}

@SubCommand({
  name: 'rotate',
  description: 'replace the keys that sign; the next ones sign once everybody has heard of them',
})
class RotateKeysCommand extends JsonCommand {
  constructor(@Inject(KeyAdministration) private readonly administration: KeyAdministration) {
    super();
  }

  @Option({
    flags: '--algorithm <name>',
    description: 'whose keys; all that the service makes where left out',
  })
  algorithm(value: string): Algorithm {
    if (isAlgorithm(value) && !ALGORITHMS[value].shared) return value;
    throw new Error('--algorithm is not an asymmetric algorithm that the service knows');
  }

  @Option({
    flags: '--revoke',
    description: 'because a key leaked: end now all that signed, with every token',
  })
  revoke(): boolean {
    return true;
  }

  override async run(
    _arguments: string[],
    { algorithm, revoke = false, json = false }: JsonOptions & { algorithm?: Algorithm; revoke?: boolean },
  ): Promise<void> {
    if (!(await this.administration.rotate(algorithm, revoke, COMMAND_LINE))) {
      throw new Error('The service makes no such keys: look at JWT_ALGORITHM and AUDIENCE_ALGORITHMS');
    }
    printKeys(this.administration.list(), json);
    if (revoke && !json) {
      printLine(
        'The former keys have ended: every token that they signed is refused from now on, by this service',
      );
      printLine('at once, and by services that keep the key set when they read it anew (within 5 minutes).');
      printLine('Whoever has such a token must ask for a new one.');
      printLine(
        'Keys of JWT_PRIVATE_KEY_FILE and shared secrets are none of them: replace those in the settings.',
      );
    }
  }
}

function printKeys(keys: readonly KeyDocument[], json: boolean): void {
  if (json) {
    printJson({ keys });
    return;
  }
  for (const { kid, algorithm, purpose, state, signs_from, signs_until } of keys) {
    printLine(
      `${kid}  ${algorithm}  ${purpose}  ${state}  signs ${signs_from ?? '-'} to ${signs_until ?? '-'}`,
    );
  }
}

const SUB_COMMANDS = [ListKeysCommand, RotateKeysCommand];

/** `identity-backend keys …` */
@Command({ name: 'keys', description: 'the keys that sign', subCommands: SUB_COMMANDS })
class KeysCommand extends CommandRunner {
  override run(): Promise<void> {
    return this.command.help({ error: true });
  }
}

/** Everything that stands behind `identity-backend keys`. */
export const KEYS_COMMANDS: Type<CommandRunner>[] = [KeysCommand, ...SUB_COMMANDS];
