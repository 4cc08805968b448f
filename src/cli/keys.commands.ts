import { type Command, InvalidArgumentError } from 'commander';
import { type KeyDescription, KeyAdministration } from '../keys/key-administration.js';
import { toKeyDto } from '../admin/dto/keys.dto.js';
import { type Algorithm, ALGORITHMS, isAlgorithm } from '../jwt/algorithms.js';
import { command, commandGroup, type JsonOptions, withJson } from './command.js';
import { COMMAND_LINE } from './command-line.js';
import { single } from './option-values.js';
import { printJson, printLine } from './print.js';
import type { Services } from './services.js';

/** `identity-backend keys …` */
export function keysCommand(services: Services): Command {
  return commandGroup('keys', 'the keys that sign', [listCommand(services), rotateCommand(services)]);
}

function listCommand(services: Services): Command {
  return withJson(command('list', 'list the keys with their schedules')).action(
    ({ json = false }: JsonOptions) =>
      services.use((context) => printKeys(context.get(KeyAdministration).list(), json)),
  );
}

const AFTER_REVOKING = [
  'The previous keys are revoked: every token that they signed is refused from now on, by this service',
  'immediately, and by services that cache the key set when they fetch it again (within 5 minutes).',
  'Clients that have such a token must request a new one.',
  'Keys of JWT_PRIVATE_KEY_FILE and shared secrets are not affected: replace those in the settings.',
];

interface RotateOptions extends JsonOptions {
  readonly algorithm?: Algorithm;
  readonly revoke?: boolean;
}

function rotateCommand(services: Services): Command {
  const rotate = command(
    'rotate',
    'replace the keys that sign; the next ones sign once every verifier knows them',
  )
    .option(
      '--algorithm <name>',
      'the keys of this algorithm; without it, all that the service makes',
      single(ownAlgorithm),
    )
    .option(
      '--revoke',
      'after a leak: revoke every key that has signed until now, and with it every token that it signed',
    );
  return withJson(rotate).action(({ algorithm, revoke = false, json = false }: RotateOptions) =>
    services.use(async (context) => {
      const administration = context.get(KeyAdministration);
      if (!(await administration.rotate(algorithm, revoke, COMMAND_LINE))) {
        throw new Error('The service makes no such keys: check JWT_ALGORITHM and AUDIENCE_ALGORITHMS');
      }
      printKeys(administration.list(), json);
      if (revoke && !json) for (const line of AFTER_REVOKING) printLine(line);
    }),
  );
}

function ownAlgorithm(value: string): Algorithm {
  if (isAlgorithm(value) && !ALGORITHMS[value].shared) return value;
  throw new InvalidArgumentError('--algorithm is not an asymmetric algorithm that the service knows');
}

function printKeys(described: readonly KeyDescription[], json: boolean): void {
  const keys = described.map(toKeyDto);
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
