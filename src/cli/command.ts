import { Argument, type Command } from 'commander';
import { notEmpty } from './option-values.js';
import { StrictCommand } from './strict-command.js';

/** The option that every command has. */
export interface JsonOptions {
  readonly json?: boolean;
}

/**
 * A command with an action.
 *
 * @param operands the names of its operands, all of which are required
 */
export function command(name: string, description: string, ...operands: string[]): Command {
  const named = new StrictCommand(name).description(description);
  for (const operand of operands) named.addArgument(new Argument(`<${operand}>`).argParser(notEmpty));
  return named;
}

/** A command that groups others; alone, or before an unknown word, it lists them. */
export function commandGroup(name: string, description: string, commands: readonly Command[]): Command {
  const group = command(name, description).action(() => group.help({ error: true }));
  for (const each of commands) group.addCommand(each);
  return group;
}

/**
 * Adds the option to print JSON to a command. It comes last, so that help lists the command's own options
 * first.
 */
export function withJson(named: Command): Command {
  return named.option('--json', 'print JSON');
}
