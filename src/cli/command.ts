import { Argument, type Command } from 'commander';
import { notEmpty } from './option-values.js';
import { StrictCommand } from './strict-command.js';

/** The option that every command has. */
export interface JsonOptions {
  readonly json?: boolean;
}

/**
 * A command that does something.
 *
 * @param operands the names of its operands, all of which are required
 */
export function command(name: string, description: string, ...operands: string[]): Command {
  const named = new StrictCommand(name).description(description);
  for (const operand of operands) named.addArgument(new Argument(`<${operand}>`).argParser(notEmpty));
  return named;
}

/** A word that other commands stand behind; alone, or before a word that it does not know, it says which. */
export function commandGroup(name: string, description: string, commands: readonly Command[]): Command {
  const group = command(name, description).action(() => group.help({ error: true }));
  for (const each of commands) group.addCommand(each);
  return group;
}

/** Lets a command print JSON on request. Its last option, so that help names its own ones first. */
export function withJson(named: Command): Command {
  return named.option('--json', 'print JSON');
}
