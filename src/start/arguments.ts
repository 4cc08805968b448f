/** The reply to arguments with which the service does not start: a text and an exit code. */
export interface Reply {
  readonly code: 0 | 1;
  readonly text: string;
}

const USAGE = `Usage: node dist/main.js [--help | --version]

Starts the service. Its settings, such as PORT and HOST, come from the environment and from the file .env
in the current folder: docs/settings.md. To administer clients and keys: node dist/cli/identity-backend.js --help
`;

const KNOWN = ['--help', '-h', '--version'];

/**
 * The name of an option. Only names are repeated in a message: anything else may be a value, and so a secret.
 */
const OPTION_NAME = /^--?[A-Za-z][A-Za-z-]{0,39}(?==|$)/;

/**
 * Settings alone configure the service: an unknown argument is rejected, because the service would otherwise
 * start without the effect that the argument was meant to have.
 *
 * @param given the arguments after the name of the script
 * @returns what to print before exiting; `undefined` if the service is to start
 */
export function replyToArguments(given: readonly string[], version: string): Reply | undefined {
  const unknown = given.find((argument) => !KNOWN.includes(argument));
  if (unknown !== undefined) return { code: 1, text: refusal(OPTION_NAME.exec(unknown)?.[0]) };
  if (given.length === 0) return undefined;
  return { code: 0, text: given.includes('--version') ? `${version}\n` : USAGE };
}

function refusal(option: string | undefined): string {
  const what = option === undefined ? 'Unexpected argument' : `Unknown option ${option}`;
  return `${what}: settings come from the environment and from .env, for example PORT=3001. See --help.\n`;
}
