import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { KeyAdministration } from '../administration/key-administration.js';
import type { KeyDocument } from '../administration/keys.document.js';
import { type Algorithm, ALGORITHMS, isAlgorithm } from '../jwt/algorithms.js';
import { command, commandGroup, type JsonOptions, withJson } from './command.js';
import { COMMAND_LINE } from './command-line.js';
import { printJson, printLine } from './print.js';

/** `identity-backend keys …` */
export function keysCommand(services: INestApplicationContext): Command {
  const administration = services.get(KeyAdministration);
  return commandGroup('keys', 'the keys that sign', [
    listCommand(administration),
    rotateCommand(administration),
  ]);
}

function listCommand(administration: KeyAdministration): Command {
  return withJson(command('list', 'list the keys with their schedules')).action(
    ({ json = false }: JsonOptions) => printKeys(administration.list(), json),
  );
}

interface RotateOptions extends JsonOptions {
  readonly algorithm?: Algorithm;
  readonly revoke?: boolean;
}

function rotateCommand(administration: KeyAdministration): Command {
  const rotate = command(
    'rotate',
    'replace the keys that sign; the next ones sign once everybody has heard of them',
  )
    .option('--algorithm <name>', 'whose keys; all that the service makes where left out', ownAlgorithm)
    .option('--revoke', 'because a key leaked: end now all that signed, with every token');
  return withJson(rotate).action(async ({ algorithm, revoke = false, json = false }: RotateOptions) => {
    if (!(await administration.rotate(algorithm, revoke, COMMAND_LINE))) {
      throw new Error('The service makes no such keys: look at JWT_ALGORITHM and AUDIENCE_ALGORITHMS');
    }
    printKeys(administration.list(), json);
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
  });
}

function ownAlgorithm(value: string): Algorithm {
  if (isAlgorithm(value) && !ALGORITHMS[value].shared) return value;
  throw new Error('--algorithm is not an asymmetric algorithm that the service knows');
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
