import { Argument, type Command } from 'commander';
import { notEmpty } from './option-values.js';
import { StrictCommand } from './strict-command.js';

/** The option of commands that can print JSON. */
export interface JsonOptions {
  readonly json?: boolean;
}

/**
 * Makes a command.
 *
 * @param operands the names of its operands; all are required, and none may be empty
 */
export function command(name: string, description: string, ...operands: string[]): Command {
  const named = new StrictCommand(name).description(description);
  for (const operand of operands) named.addArgument(new Argument(`<${operand}>`).argParser(notEmpty));
  return named;
}

/** Makes a command that groups others. Without a subcommand, or with an unknown one, it prints its help. */
export function commandGroup(name: string, description: string, commands: readonly Command[]): Command {
  const group = command(name, description).action(() => group.help({ error: true }));
  for (const each of commands) group.addCommand(each);
  return group;
}

/** Adds the option `--json`. Call it last, so that help lists the other options of the command first. */
export function withJson(named: Command): Command {
  return named.option('--json', 'print JSON');
}
