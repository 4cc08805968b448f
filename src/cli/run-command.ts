import { CommanderError } from 'commander';
import { VERSION } from '../version.js';
import { clientsCommand } from './clients.commands.js';
import { commandGroup } from './command.js';
import { doctorCommand } from './doctor.command.js';
import { healthCommand } from './health.command.js';
import { issuersCommand } from './issuers.commands.js';
import { keysCommand } from './keys.commands.js';
import { LocationOptions } from './location.js';
import { printLine } from './print.js';
import { type OpenServices, Services } from './services.js';

const ABOUT = [
  'Administers identity-backend: run it in the folder of the service.\n',
  'Exit codes: 0 on success; 1 if the command is refused or fails, or the database is unavailable; 78 if ' +
    'the settings are invalid or there is no database in this folder.',
].join('\n');

/**
 * Runs one command. The errors of the command itself are rethrown.
 *
 * @param open opens the services that commands work with; not called for an invalid command line, nor for
 *   help
 * @param words the arguments after `identity-backend`
 * @throws {CommanderError} if the command line is invalid
 */
export async function runCommand(open: OpenServices, words: readonly string[]): Promise<void> {
  const options = new LocationOptions();
  const services = new Services(open, options);
  const commands = [
    ...[clientsCommand, issuersCommand, keysCommand, doctorCommand].map((make) => make(services)),
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
    // Requested help is not an error.
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  }
}

/** Turns `help clients` into `clients --help`. */
function helpLast(words: readonly string[]): string[] {
  const [first, ...rest] = words;
  return first === 'help' ? [...rest, '--help'] : [...words];
}
