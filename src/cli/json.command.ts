import { CommandRunner, Option } from 'nest-commander';

/** The option that every command has. */
export interface JsonOptions {
  readonly json?: boolean;
}

/** A command that prints JSON on request. */
export abstract class JsonCommand extends CommandRunner {
  @Option({ flags: '--json', description: 'print JSON' })
  json(): boolean {
    return true;
  }
}
