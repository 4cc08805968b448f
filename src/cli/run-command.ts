import { CommanderError } from 'commander';
import { VERSION } from '../version.js';
import { clientsCommand } from './clients.commands.js';
import { commandGroup } from './command.js';
import { doctorCommand } from './doctor.command.js';
import { healthCommand } from './health.command.js';
import { keysCommand } from './keys.commands.js';
import { LocationOptions } from './location.js';
import { printLine } from './print.js';
import { type OpenServices, Services } from './services.js';

const ABOUT = [
  'Administers identity-backend: run it in the folder of the service.\n',
  'It exits 0 when it is done, 1 if it is refused, fails or cannot reach the database, and 78 if the settings are ' +
    'wrong or there is no database in this folder.',
].join('\n');

/**
 * Runs one command.
 *
 * @param open opens the services that commands work with; not called for an invalid command line, nor for
 *   help
 * @param words what follows `identity-backend`
 * @throws {CommanderError} if the command line is invalid
 */
export async function runCommand(open: OpenServices, words: readonly string[]): Promise<void> {
  const options = new LocationOptions();
  const services = new Services(open, options);
  const commands = [
    ...[clientsCommand, keysCommand, doctorCommand].map((make) => make(services)),
    healthCommand(options),
  ];
  const program = commandGroup('identity-backend', ABOUT, commands)
    .option('--version', 'print the version')
    .hook('preSubcommand', () => {
      if (asksForVersion()) program.error('error: --version must be the only argument');
    });
  program.action(() => {
    if (asksForVersion()) printLine(VERSION);
    else program.help({ error: true });
  });
  const asksForVersion = (): boolean => program.opts<{ version?: boolean }>().version === true;
  options.addTo(program);
  try {
    await program.parseAsync(helpLast(words), { from: 'user' });
  } catch (error) {
    // Requested help is no error.
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  }
}

/** `help clients` is `clients --help`. */
function helpLast(words: readonly string[]): string[] {
  const [first, ...rest] = words;
  return first === 'help' ? [...rest, '--help'] : [...words];
}
